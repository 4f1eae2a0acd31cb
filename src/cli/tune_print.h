/* tune_print.h - what a tuning found, as a table and in words, or as JSON. */
#pragma once

#include "cli/verb.h"

#include "tune/tune.h"

void fg_tune_print(struct fg_cli *cli,
                   const struct fg_tune_options *options,
                   const struct fg_tune_answer *answer);
