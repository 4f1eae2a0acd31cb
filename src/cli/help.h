/* help.h - what the tables of commands and options say, in four forms. */
#pragma once

#include "cli/verb.h"

#include <stdio.h>

/* `fastgpu` alone: how to begin, or how to start the service if nothing answers.  Exit status. */
int fg_help_start(struct fg_cli *cli);
void fg_help_all(FILE *out);                             /* the list of commands */
void fg_help_family(const char *word, FILE *out);        /* "node": its commands */
int fg_help_verb(const struct fg_verb *verb, FILE *out); /* one command; returns 0 */
void fg_help_man(FILE *out);                             /* fastgpu(1) as roff */
void fg_help_exit_codes(FILE *out);                      /* docs/exit-codes.md */
void fg_help_commands(FILE *out);                        /* docs/cli.md */
/* A completion script for "bash", "zsh" or "fish".  False: no such shell. */
bool fg_help_completion(const char *shell, FILE *out);
