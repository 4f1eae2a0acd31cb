/* publishing.c - see publishing.h */
#include "daemon/publishing.h"

#include "daemon/log.h"

#include <stdlib.h>

struct kept {
    struct fg_command command;
    struct fg_publish_row row;
};

/* If it could not be written more is sent again after a restart, no more than that. */
static void done(struct fg_command *command)
{
    free(command->poster);
}

static void keep(void *self, const struct fg_publish_row *row)
{
    struct kept *kept = calloc(1, sizeof(*kept));
    if (!kept)
        return;
    kept->row = *row;
    kept->command = (struct fg_command){
        .kind = FG_CMD_PUBLISHED, .published = &kept->row, .done = done, .poster = kept};
    fg_inbox_post(self, &kept->command);
}

static void note(void *, const char *text)
{
    fg_log("%s", text);
}

struct fg_publisher *fg_publishing_start(const struct fg_publish_config *config,
                                         const char *db_path,
                                         struct fg_inbox *inbox,
                                         struct fg_err *err)
{
    return fg_publisher_start(
        &(struct fg_publisher_options){
            .config = config, .db_path = db_path, .keep = keep, .note = note, .self = inbox},
        err);
}
