/* interrupt.h - Ctrl-C as something to read, instead of something that interrupts.
 *
 * While one exists, INT and TERM do not end the program; they make fg_interrupt_fd() readable. */
#pragma once

#include "base/auto.h"

#include <stdbool.h>

struct fg_interrupt;

/* NULL if the system has no descriptor left: then the signals end the program, as ever. */
struct fg_interrupt *fg_interrupt_new(void);
void fg_interrupt_free(struct fg_interrupt *interrupt); /* NULL is allowed */
FG_AUTO_DEFINE(fg_interrupt)

int fg_interrupt_fd(const struct fg_interrupt *interrupt);
/* True once for each time a signal came. */
bool fg_interrupt_take(struct fg_interrupt *interrupt);
/* Somebody can be asked. */
bool fg_interrupt_is_terminal(const struct fg_interrupt *interrupt);

enum fg_answer_word { FG_WORD_NO, FG_WORD_YES, FG_WORD_LEAVE };
/* Ask on the terminal whether to cancel job `id`; a further Ctrl-C there is FG_WORD_LEAVE. */
enum fg_answer_word fg_interrupt_ask(struct fg_interrupt *interrupt, const char *id);
