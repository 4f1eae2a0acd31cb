/* class.c - see class.h */
#include "learn/class.h"

#include <ctype.h>
#include <string.h>

#define HASH_WORD_MIN 7          /* letters of an abbreviated commit */
#define SHAPE_BYTES   (16 << 10) /* of a script that count */

const char *fg_class_level_name(enum fg_class_level level)
{
    static const char *const names[FG_CLASS_LEVELS] = {
        [FG_CLASS_ALL] = "all",         [FG_CLASS_SIZE] = "request",
        [FG_CLASS_PROJECT] = "project", [FG_CLASS_PROJECT_SIZE] = "project+request",
        [FG_CLASS_USER] = "user",       [FG_CLASS_USER_SIZE] = "user+request",
        [FG_CLASS_SHAPE] = "work",      [FG_CLASS_SHAPE_SIZE] = "work+request",
    };
    return names[level];
}

/* -- shapes ---------------------------------------------------------------------------------------------- */

/* Letters of the word that begins here, and whether it reads as a hash. */
static size_t word_len(const char *text, bool *out_is_hash)
{
    size_t len = 0, digits = 0;
    bool is_hex = true;
    for (; isalnum((unsigned char)text[len]); len++) {
        digits += isdigit((unsigned char)text[len]) != 0;
        is_hex &= isxdigit((unsigned char)text[len]) != 0;
    }
    *out_is_hash = is_hex && digits > 0 && len >= HASH_WORD_MIN;
    return len;
}

/* The next piece of the shape: bytes taken from the text, and one letter out. */
static size_t next_letter(const char *text, char *out)
{
    bool is_hash;
    size_t len = word_len(text, &is_hash);
    *out = '#';
    if (len > 0 && is_hash)
        return len;
    size_t digits = strspn(text, "0123456789");
    if (digits > 0)
        return digits;
    *out = text[0];
    return 1;
}

/* A word is judged from its beginning only: behind a letter only digits are looked for. */
static size_t step(const char *text, bool inside, char *out)
{
    if (!inside)
        return next_letter(text, out);
    size_t digits = strspn(text, "0123456789");
    *out = digits ? '#' : text[0];
    return digits ? digits : 1;
}

void fg_shape_text(const char *text, char *out, size_t size)
{
    size_t len = 0;
    bool inside = false;
    while (*text && len + 1 < size) {
        text += step(text, inside, &out[len]);
        inside = isalpha((unsigned char)out[len]);
        if (len == 0 || out[len] != '#' || out[len - 1] != '#')
            len++;
    }
    out[len] = '\0';
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value + 0x9e37'79b9'7f4a'7c15u + (hash << 6) + (hash >> 2);
    hash = (hash ^ (hash >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    return hash ^ (hash >> 31);
}

static uint64_t mix_shape(uint64_t hash, const char *text)
{
    const char *end = text + strnlen(text, SHAPE_BYTES);
    bool inside = false;
    char letter = 0;
    while (text < end) {
        text += step(text, inside, &letter);
        inside = isalpha((unsigned char)letter);
        hash = mix(hash, (unsigned char)letter);
    }
    return mix(hash, 256);
}

uint64_t fg_shape_of(const char *name,
                     const char *run,
                     const char *const *argv,
                     size_t argv_len)
{
    uint64_t hash = mix_shape(1, name ? name : "");
    hash = mix_shape(hash, run ? run : "");
    for (size_t i = 0; i < argv_len; i++)
        hash = mix_shape(hash, argv[i]);
    return hash ? hash : 1;
}

/* -- classes --------------------------------------------------------------------------------------------- */

static uint64_t hash_request(const struct fg_job *job,
                             const struct fg_request *any_of,
                             size_t any_of_len)
{
    uint64_t hash = mix(any_of_len, job->tasks);
    for (size_t i = 0; i < any_of_len; i++) {
        for (size_t k = 0; k < FG_KIND_MAX && any_of[i].kind[k]; k++)
            hash = mix(hash, (unsigned char)any_of[i].kind[k]);
        hash = mix(hash, (uint64_t)any_of[i].count << 32 | any_of[i].gpu_milli);
        hash = mix(hash, (uint64_t)any_of[i].gpu_mem_mib << 32 | any_of[i].cpu_milli);
        hash = mix(hash, any_of[i].mem_mib);
    }
    return hash;
}

static uint64_t key_of(enum fg_class_level level, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t key = mix(mix(mix((uint64_t)level + 1, a), b), c);
    return key ? key : 1;
}

uint64_t fg_class_work(const struct fg_class *class)
{
    uint64_t devices =
        (uint64_t) class->request.count * class->request.gpu_milli * class->tasks;
    return class->shape ? mix(class->key[FG_CLASS_SHAPE], devices) | 1 : 0;
}

struct fg_class fg_class_of(const struct fg_job *job,
                            const struct fg_request *any_of,
                            size_t any_of_len)
{
    uint64_t size = hash_request(job, any_of, any_of_len);
    uint64_t owner = (uint64_t)job->project << 32 | job->user;
    bool has_shape = job->shape != 0;
    return (struct fg_class){
        .key = {[FG_CLASS_ALL] = key_of(FG_CLASS_ALL, 0, 0, 0),
                [FG_CLASS_SIZE] = key_of(FG_CLASS_SIZE, size, 0, 0),
                [FG_CLASS_PROJECT] = key_of(FG_CLASS_PROJECT, job->project, 0, 0),
                [FG_CLASS_PROJECT_SIZE] = key_of(FG_CLASS_PROJECT_SIZE, job->project, size, 0),
                [FG_CLASS_USER] = key_of(FG_CLASS_USER, owner, 0, 0),
                [FG_CLASS_USER_SIZE] = key_of(FG_CLASS_USER_SIZE, owner, size, 0),
                [FG_CLASS_SHAPE] = has_shape ? key_of(FG_CLASS_SHAPE, owner, job->shape, 0) : 0,
                [FG_CLASS_SHAPE_SIZE] =
                    has_shape ? key_of(FG_CLASS_SHAPE_SIZE, owner, job->shape, size) : 0},
        .project = job->project,
        .user = job->user,
        .shape = job->shape,
        .request = any_of[0],
        .tasks = job->tasks,
    };
}
