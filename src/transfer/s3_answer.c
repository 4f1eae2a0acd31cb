/* s3_answer.c - see s3_answer.h */
#include "transfer/s3_answer.h"

#include "base/text.h"

#include <expat.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX  8
#define ANSWER_MAX (1 << 20)

struct reading {
    struct fg_s3_answer *out;
    int depth;
    size_t len;
    char name[64];
    char text[2048];
    bool bad;
};

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void XMLCALL on_start(void *self, const char *name, const char **)
{
    struct reading *reading = self;
    if (++reading->depth > DEPTH_MAX)
        reading->bad = true;
    if (reading->depth == 1)
        fg_copy_clean(reading->out->root, sizeof(reading->out->root), local_name(name));
    reading->bad =
        !fg_copy(reading->name, sizeof(reading->name), local_name(name)) || reading->bad;
    reading->len = 0;
}

static void put(struct reading *reading, char *to, size_t size)
{
    reading->text[reading->len] = '\0';
    for (size_t i = 0; i < reading->len; i++)
        if ((unsigned char)reading->text[i] < ' ' || reading->text[i] == 127)
            reading->bad = true;
    if (!fg_copy(to, size, reading->text))
        reading->bad = true;
}

static void XMLCALL on_end(void *self, const char *name)
{
    struct reading *reading = self;
    struct fg_s3_answer *out = reading->out;
    name = local_name(name);
    reading->text[reading->len] = '\0';
    if (reading->depth == 2 && strcmp(name, reading->name) == 0) {
        if (strcmp(name, "UploadId") == 0)
            put(reading, out->upload_id, sizeof(out->upload_id));
        else if (strcmp(name, "ETag") == 0)
            put(reading, out->etag, sizeof(out->etag));
        else if (strcmp(name, "Code") == 0)
            put(reading, out->code, sizeof(out->code));
        else if (strcmp(name, "Message") == 0)
            fg_copy_clean(out->message, sizeof(out->message), reading->text);
    }
    reading->depth--;
    reading->len = 0;
}

static void XMLCALL on_text(void *self, const char *text, int len)
{
    struct reading *reading = self;
    size_t room = sizeof(reading->text) - 1 - reading->len, take = (size_t)len;
    if (take > room) {
        /* Long messages are cut; whatever else is that long is refused by put(). */
        take = room;
    }
    memcpy(reading->text + reading->len, text, take);
    reading->len += take;
}

/* Document types bring entities: no answer of a store has one. */
static void XMLCALL on_doctype(void *self, const char *, const char *, const char *, int)
{
    struct reading *reading = self;
    reading->bad = true;
}

int fg_s3_answer_read(const char *bytes,
                      size_t len,
                      struct fg_s3_answer *out,
                      struct fg_err *err)
{
    struct fg_s3_answer answer = {};
    struct reading reading = {.out = &answer};
    if (len > ANSWER_MAX)
        return fg_fail(err, FG_EINVAL, "the store's answer: %zu bytes, expected %d at most",
                       len, ANSWER_MAX);
    XML_Parser parser = XML_ParserCreate(NULL);
    if (!parser)
        return fg_fail(err, FG_ENOMEM, "no memory");
    XML_SetUserData(parser, &reading);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    bool good = XML_Parse(parser, bytes, (int)len, 1) == XML_STATUS_OK && !reading.bad
                && answer.root[0] != '\0';
    XML_ParserFree(parser);
    if (!good)
        return fg_fail(err, FG_EINVAL, "the store's answer: not the XML that S3 gives");
    *out = answer;
    return 0;
}
