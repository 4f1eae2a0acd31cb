/* top_state.c - see top_state.h */
#include "cli/top_state.h"

#include <stdio.h>
#include <string.h>

void fg_top_curve_add(struct fg_top_curve *curve, double value)
{
    if (curve->len == FG_TOP_HISTORY) {
        memmove(curve->values, curve->values + 1,
                (FG_TOP_HISTORY - 1) * sizeof(curve->values[0]));
        curve->len--;
    }
    curve->values[curve->len++] = value;
}

struct fg_top_curve *fg_top_supplier(struct fg_top *top, const char *name)
{
    for (size_t i = 0; i < top->suppliers_len; i++)
        if (strcmp(top->suppliers[i].name, name) == 0)
            return &top->suppliers[i].granted;
    if (top->suppliers_len == FG_TOP_SUPPLIERS_MAX)
        return NULL;
    snprintf(top->suppliers[top->suppliers_len].name, FG_NAME_MAX, "%s", name);
    return &top->suppliers[top->suppliers_len++].granted;
}

bool fg_top_key(struct fg_top *top, char key)
{
    static const struct {
        char key;
        enum fg_top_view view;
    } keys[] = {{'o', FG_TOP_OVERVIEW}, {'1', FG_TOP_OVERVIEW}, {'d', FG_TOP_DEVICES},
                {'2', FG_TOP_DEVICES},  {'j', FG_TOP_JOBS},     {'3', FG_TOP_JOBS}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].key == key) {
            top->view = keys[i].view;
            return true;
        }
    if (key == '\t')
        top->view = (top->view + 1) % FG_TOP_VIEWS;
    return key == '\t';
}
