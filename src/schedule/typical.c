/* typical.c - see typical.h */
#include "schedule/typical.h"

#define ASKED_MIN 64    /* jobs: fewer say nothing */
#define STEP_MAX  16384 /* jobs until the next look, at most */
#define COVER     0.95  /* of what was asked, as in FGD */

void fg_typical_update(struct fg_typical *typical,
                       const struct fg_pool *pool,
                       const struct fg_queue *queue,
                       struct fg_placer *placer)
{
    uint64_t asked = fg_queue_asked(queue);
    if (asked < ASKED_MIN
        || (asked < typical->next && typical->kinds_len == fg_pool_kinds_len(pool)))
        return;
    typical->next = asked + (asked / 2 < STEP_MAX ? asked / 2 : STEP_MAX);
    typical->kinds_len = fg_pool_kinds_len(pool);
    FG_AUTO(fg_mix) struct fg_mix *mix = fg_mix_new();
    for (uint32_t class = 0; class < fg_queue_classes_len(queue); class ++) {
        uint32_t times = fg_queue_class_asked(queue, class);
        if (times == 0)
            continue;
        size_t len;
        const struct fg_request *any_of = fg_queue_class_at(queue, class, &len);
        struct fg_need need = fg_pool_need(pool, &any_of[0]);
        fg_mix_add(mix, &need, times);
    }
    fg_mix_settle(mix, COVER);
    fg_placer_mix(placer, mix);
}
