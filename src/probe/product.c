/* product.c - see product.h */
#include "probe/product.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Words that say nothing about the kind. */
static const char *const noise[] = {"nvidia", "tesla",    "geforce", "quadro",     "graphics",
                                    "device", "amd",      "gpu",     "generation", "laptop",
                                    "radeon", "instinct", "intel",   "intel(r)",   "data",
                                    "center", "(tm)"};
/* Words that are not enough without the next one: "RTX 4090". */
static const char *const families[] = {"rtx", "gtx",  "titan", "rx",
                                       "max", "flex", "arc",   "arc(tm)"};
/* Words after the model that make it another model: "RTX 4070 Ti SUPER", "RTX 6000 Ada". */
static const char *const variants[] = {"ti", "super", "ada", "xt", "xtx", "gre"};

#define IS_IN(word, list) is_in(word, list, sizeof(list) / sizeof(list[0]))

static bool is_in(const char *word, const char *const *list, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strcasecmp(word, list[i]) == 0)
            return true;
    return false;
}

static void add(char out[FG_KIND_MAX], const char *word)
{
    size_t len = strlen(out);
    for (; *word && len + 1 < FG_KIND_MAX; word++)
        if (isalnum((unsigned char)*word) || strchr("._-", *word))
            out[len++] = (char)tolower((unsigned char)*word);
    out[len] = '\0';
}

void fg_product_kind(const char *product, const char *fallback, char out[FG_KIND_MAX])
{
    char copy[128], *state;
    const char *mig = strstr(product, " MIG ");
    bool model = false, family = false;
    snprintf(copy, sizeof(copy), "%.*s", mig ? (int)(mig - product) : (int)strlen(product),
             product);
    out[0] = '\0';
    for (char *word = strtok_r(copy, " -", &state); word; word = strtok_r(NULL, " -", &state)) {
        if (IS_IN(word, noise))
            continue;
        if (!model && IS_IN(word, families)) {
            family = true;
            add(out, word);
        } else if (!model) {
            /* "RTX A6000" is known as A6000: a model with a letter stands for itself. */
            if (family && isalpha((unsigned char)word[0]) && strcmp(out, "titan") != 0)
                out[0] = '\0';
            add(out, word);
            model = true;
        } else if (IS_IN(word, variants)) {
            add(out, word);
        }
    }
    if (out[0] == '\0')
        add(out, fallback);
    if (mig) {
        add(out, "-mig-");
        add(out, mig + strlen(" MIG "));
    }
}
