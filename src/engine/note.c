/* note.c - see note.h */
#include "engine/note.h"

#include <errno.h>
#include <unistd.h>

int fg_note_send(int fd, const struct fg_note *note)
{
    ssize_t done;
    do
        done = write(fd, note, sizeof(*note));
    while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : 0;
}
