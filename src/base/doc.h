/* doc.h - one tree for what people and programs write: JSON (jansson, strict) or YAML (libyaml).
 *
 * Nodes live in the arena.  Input is hostile: depth, node count and size are bounded; duplicate keys,
 * YAML aliases, tags and several documents are refused; a NUL byte inside a string is refused.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_DOC_DEPTH_MAX        16
#define FG_DOC_NODES_MAX        200000
#define FG_DOC_ANSWER_NODES_MAX 4000000 /* in an answer of our own service: long lists */

enum fg_doc_kind {
    FG_DOC_NULL,
    FG_DOC_BOOL,
    FG_DOC_INT,
    FG_DOC_REAL,
    FG_DOC_TEXT,
    FG_DOC_LIST,
    FG_DOC_MAP
};
const char *fg_doc_kind_name(enum fg_doc_kind kind); /* "a number", "a list": for messages */

struct fg_doc {
    enum fg_doc_kind kind;
    uint32_t line;    /* 1, ...; 0 if unknown (JSON by jansson) */
    const char *key;  /* of a map member, else NULL */
    const char *text; /* TEXT: the value; YAML scalars keep their text here for every kind */
    size_t text_len;
    int64_t integer;            /* INT, BOOL (0, 1) */
    double real;                /* REAL, and INT as well */
    const struct fg_doc *first; /* children of LIST and MAP, in order */
    const struct fg_doc *next;
    size_t len; /* number of children */
};

/* The arena size that surely suffices to parse `len` bytes (address space: pages are used when touched). */
size_t fg_doc_room(size_t len);

/* Parse; the root goes to `*out`.  Returns 0, or FG_EINVAL: `err` says "line 3: ..." what is wrong;
 * FG_ETOOBIG: past a bound. */
[[nodiscard]] int fg_doc_json(const char *bytes,
                              size_t len,
                              struct fg_arena *arena,
                              const struct fg_doc **out,
                              struct fg_err *err);
/* The same with the wider bound, for what our own service answered. */
[[nodiscard]] int fg_doc_json_answer(const char *bytes,
                                     size_t len,
                                     struct fg_arena *arena,
                                     const struct fg_doc **out,
                                     struct fg_err *err);
/* YAML 1.1 core as job files use it (which JSON is part of): gives line numbers. */
[[nodiscard]] int fg_doc_yaml(const char *bytes,
                              size_t len,
                              struct fg_arena *arena,
                              const struct fg_doc **out,
                              struct fg_err *err);

/* The member of that key, or NULL (also when `map` is no map). */
const struct fg_doc *fg_doc_get(const struct fg_doc *map, const char *key);
