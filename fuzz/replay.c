/* replay.c - main() of a fuzz target where there is no libFuzzer: run every file of the folders given. */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>

#define BYTES_MAX (4 * 1024 * 1024)

static int replay_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *bytes = malloc(BYTES_MAX);
    if (!in || !bytes) {
        perror(path);
        exit(1);
    }
    size_t len = fread(bytes, 1, BYTES_MAX, in);
    fclose(in);

    /* A block of its own size, so that the sanitizer sees one byte too many. */
    uint8_t *exact = malloc(len ? len : 1);
    if (!exact)
        exit(1);
    memcpy(exact, bytes, len);
    free(bytes);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return 1;
}

static int replay_folder(const char *path)
{
    struct dirent **entries;
    int len = scandir(path, &entries, NULL, alphasort), files = 0;
    if (len < 0) {
        perror(path);
        exit(1);
    }
    for (int i = 0; i < len; i++) {
        char file[4096];
        snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            files += replay_file(file);
        free(entries[i]);
    }
    free(entries);
    return files;
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++)
        files += replay_folder(argv[i]);
    printf("%d inputs\n", files);
    return files > 0 ? 0 : 1;
}
