/* offer_files.h - offers for a command that decides by itself: of a file, those of one kind. */
#pragma once

#include "cli/verb.h"

#include "supply/offer_read.h"

/* What such a command takes; `without` is what it takes offers from if there is no file. */
#define FG_OPTS_OFFERS(without)                                                                \
    {"offers", 'O', "FILE", "what is sold: CSV or JSON (" without ")", "file"},                \
        {"accelerator", 'a', "KIND", "the kind of device: H100, a100-80g", NULL},              \
        {"supplier", 0, "NAME", "only what it sells", NULL},                                   \
    {                                                                                          \
        "region", 0, "NAME", "only there", NULL                                                \
    }

/* Read the file of --offers, without it the list that comes with the program, and keep what the other options say, in the order of the file.  The offers lie in `sheet`, which is
 * the caller's to free.  FG_ENOENT: none is left, with the kinds that there are. */
[[nodiscard]] int fg_offer_files_read(const struct fg_cli *cli,
                                      struct fg_offer_sheet *sheet,
                                      struct fg_err *err);
