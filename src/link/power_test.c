/* power_test.c - power caps of a courier's devices, which a FAKE NVML keeps as a driver does, and that they end with it. */
#include "link/test_kit.h"

#include <inttypes.h>

#define OTHER "abcdefabcdefabcdefabcdefabcdefab"

static const struct fg_link_courier first = {.allocation = KIT_ALLOCATION};

static void put(const char *dir, const char *name, const char *text, char *path, size_t room)
{
    snprintf(path, room, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        exit(1);
}

/* Two boards of 700 W, for the couriers that are started from now on. */
static void give_boards(const struct kit *kit)
{
    char path[128];
    put(kit->dir, "boards",
        "NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|100|600000|55|0||0\n"
        "NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|100|600000|55|0||0\n",
        path, sizeof(path));
    setenv("FASTGPU_FAKE_NVML", path, 1);
    snprintf(path, sizeof(path), "%s/caps", kit->dir);
    setenv("FASTGPU_FAKE_NVML_STATE", path, 1);
    setenv("FASTGPU_NVML_LIBRARY", FAKE_NVML, 1);
}

/* What the driver has, in watts; 0: nobody has set anything. */
static int cap_of(const struct kit *kit, int device)
{
    char path[128];
    int64_t mw = 0;
    snprintf(path, sizeof(path), "%s/caps", kit->dir);
    FILE *file = fopen(path, "r");
    for (int i = 0; file && i <= device; i++) {
        char line[128] = "";
        mw = 0;
        if (!fgets(line, sizeof(line), file) || sscanf(line, "%" SCNd64, &mw) != 1)
            break;
    }
    if (file)
        fclose(file);
    return (int)(mw / 1000);
}

static bool cap_becomes(const struct kit *kit, int device, int watts)
{
    for (int i = 0; i < KIT_WAIT_S * 50 && cap_of(kit, device) != watts; i++)
        usleep(20000);
    return cap_of(kit, device) == watts;
}

/* Asks until the courier has heard of its driver, as the service does. */
static bool limits_come(struct kit *kit, const struct fg_link_courier *who, uint32_t device)
{
    for (int i = 0; i < KIT_WAIT_S * 5; i++) {
        fg_link_cap(kit->link, who, device, 0);
        usleep(200000);
        kit_take(kit);
        while (kit_find(kit, FG_LINK_LIMITS, 0, 0)) /* those of another may be late */
            if (strcmp(kit->event.courier.allocation, who->allocation) == 0
                && kit->event.device == device)
                return true;
    }
    return false;
}

static void caps_come_and_end_with_the_courier(void)
{
    struct kit kit = kit_new();
    give_boards(&kit);
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    OK(limits_come(&kit, &first, 1));
    EQ(kit.event.limits.max_mw, 700000);
    OK(kit.event.limits.min_mw > 0);
    fg_link_cap(kit.link, &first, 1, 450000);
    OK(cap_becomes(&kit, 1, 450));
    OK(cap_of(&kit, 0) != 450);
    fg_link_cap(kit.link, &first, 9, 450000); /* it has no such device */
    fg_link_cap(kit.link, &first, 1, 400000);
    OK(cap_becomes(&kit, 1, 400));
    fg_link_dismiss(kit.link, KIT_ALLOCATION);
    OK(kit_wait_for(&kit, FG_LINK_GONE));
    EQ(kit_exit(pid), 0);
    EQ(cap_of(&kit, 1), 700);
    kit_free(&kit);
}

/* Its children first, which cannot do their duty then: as when Slurm kills a room. */
static void kill_all(pid_t pid)
{
    char path[64], children[256] = "", *rest = children;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    kill(pid, SIGSTOP);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    OK(fd >= 0 && read(fd, children, sizeof(children) - 1) > 0);
    close(fd);
    for (char *child; (child = strsep(&rest, " ")) != NULL;)
        if (atoi(child) > 1)
            kill(atoi(child), SIGKILL);
    kill(pid, SIGKILL);
}

/* The next courier takes what it finds for what the device had, so that must be put back before. */
static void cap_ends_with(void (*end)(pid_t pid))
{
    struct kit kit = kit_new();
    struct fg_link_allocation other = {.name = OTHER, .couriers = 1, .lease_us = kit_lease_us};
    give_boards(&kit);
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    OK(limits_come(&kit, &first, 0));
    fg_link_cap(kit.link, &first, 0, 300000);
    OK(cap_becomes(&kit, 0, 300));
    end(pid);
    EQ(kit_exit(pid), -1);
    OK(fg_link_expect(kit.link, &other, NULL) == 0);
    kit.allocation = OTHER;
    pid = kit_courier(&kit, kit.address, 0);
    OK(limits_come(&kit, &(struct fg_link_courier){.allocation = OTHER}, 0));
    EQ(kit.event.limits.max_mw, 700000);
    EQ(cap_of(&kit, 0), 700);
    kill(pid, SIGTERM);
    kit_exit(pid);
    kit_free(&kit);
}

static void kill_one(pid_t pid)
{
    kill(pid, SIGKILL);
}

static void a_killed_courier_leaves_none(void)
{
    cap_ends_with(kill_one);
}

static void its_heir_puts_back_where_nobody_else_could(void)
{
    cap_ends_with(kill_all);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1)
        return kit_be_courier(argv);
    kit_program = argv[0];
    setenv("KIT_INSTALL", "6dd3f1b3-9c43-4bb6-8f4a-8f7c6ad0a001", 1);
    RUN(caps_come_and_end_with_the_courier);
    RUN(a_killed_courier_leaves_none);
    RUN(its_heir_puts_back_where_nobody_else_could);
    return tap_done();
}
