/* self_check_test.c - a folder that works, and one that does not. */
#include "engine/self_check.h"
#include "test/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Until it was tried; the test waits for that, however long it takes. */
static int64_t bits_of(const char *folder)
{
    struct fg_self_check *check = fg_self_check_new(folder, 3600);
    int64_t bits;
    while ((bits = fg_self_check_bits(check)) < 0)
        usleep(1000);
    fg_self_check_free(check);
    return bits;
}

int main(void)
{
    char folder[] = "/tmp/fg-self-check-XXXXXX";
    if (!mkdtemp(folder))
        return 1;
    EQ(bits_of(folder), 0);
    EQ(rmdir(folder), 0); /* nothing is left there */
    EQ(bits_of(folder), FG_CHECK_DISK);
    if (access("/dev/full", W_OK) == 0) {
        char link[] = "/tmp/fg-self-check-XXXXXX", path[64];
        if (!mkdtemp(link))
            return 1;
        snprintf(path, sizeof(path), "%s/.self-check", link);
        EQ(symlink("/dev/full", path), 0);
        EQ(bits_of(link), FG_CHECK_FULL);
        EQ(rmdir(link), 0);
    }
    OK(fg_self_check_new(folder, 0) == NULL);
    EQ(fg_self_check_bits(NULL), -1);
    fg_self_check_free(NULL);
    return tap_done();
}
