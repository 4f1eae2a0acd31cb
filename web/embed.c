/* embed.c - build tool: files of the page to one C file that defines fg_assets (src/api/assets.h).
 *
 *     embed OUT.c PATH=FILE...     PATH is what the browser asks for, the type follows from the ending
 *
 * The etag is a hash of the content: a browser that has the file asks once and gets "not modified".
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (4 * 1024 * 1024)

static const char *const types[][2] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

static const char *type_of(const char *path)
{
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(ending, types[i][0]) == 0)
            return types[i][1];
    return NULL;
}

/* FNV-1a: the content is our own, so a hash that anyone could collide will do. */
static uint64_t hash_of(const unsigned char *bytes, size_t len)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

static size_t read_file(const char *path, unsigned char *bytes)
{
    FILE *in = fopen(path, "rb");
    if (!in) {
        perror(path);
        exit(1);
    }
    size_t len = fread(bytes, 1, FILE_BYTES_MAX, in);
    if (ferror(in) || len == FILE_BYTES_MAX) {
        fprintf(stderr, "embed: %s: unreadable, or more than %d bytes\n", path,
                FILE_BYTES_MAX - 1);
        exit(1);
    }
    fclose(in);
    return len;
}

static void write_bytes(FILE *out, int number, const unsigned char *bytes, size_t len)
{
    fprintf(out, "static const unsigned char bytes_%d[] = {", number);
    for (size_t i = 0; i < len; i++)
        fprintf(out, "%s%u,", i % 24 == 0 ? "\n" : "", bytes[i]);
    fprintf(out, "0};\n"); /* no empty array, and a final 0 for whoever reads it as text */
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: embed OUT.c PATH=FILE...\n");
        return 2;
    }
    FILE *out = fopen(argv[1], "w");
    unsigned char *bytes = malloc(FILE_BYTES_MAX);
    size_t *lens = calloc((size_t)argc, sizeof(*lens));
    uint64_t *hashes = calloc((size_t)argc, sizeof(*hashes));
    if (!out || !bytes || !lens || !hashes) {
        perror(argv[1]);
        return 1;
    }
    fprintf(out, "/* Made by web/embed.c: do not edit. */\n#include \"api/assets.h\"\n\n");
    for (int i = 2; i < argc; i++) {
        char *file = strchr(argv[i], '=');
        if (!file) {
            fprintf(stderr, "embed: %s: PATH=FILE expected\n", argv[i]);
            return 2;
        }
        *file++ = 0;
        if (!type_of(file)) {
            fprintf(stderr, "embed: %s: no media type is known for this ending\n", file);
            return 2;
        }
        lens[i] = read_file(file, bytes);
        hashes[i] = hash_of(bytes, lens[i]);
        write_bytes(out, i, bytes, lens[i]);
    }
    fprintf(out, "\nconst struct fg_asset fg_assets[] = {\n");
    for (int i = 2; i < argc; i++)
        fprintf(out, "    {\"%s\", \"%s\", \"\\\"%016" PRIx64 "\\\"\", bytes_%d, %zu},\n",
                argv[i], type_of(argv[i] + strlen(argv[i]) + 1), hashes[i], i, lens[i]);
    fprintf(out,
            "};\nconst size_t fg_assets_len = sizeof(fg_assets) / sizeof(fg_assets[0]);\n");
    free(hashes);
    free(lens);
    free(bytes);
    return fclose(out) == 0 ? 0 : 1;
}
