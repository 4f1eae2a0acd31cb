/* machine.c - see machine.h */
#include "probe/machine.h"

#include "probe/machine_text.h"
#include "probe/record.h"
#include "probe/sysfile.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACKAGES_MAX 16
#define HEATS_MAX    64
#define STALLS       3

struct package {
    char path[PATH_MAX]; /* of its counter, microjoules */
    int64_t before_uj, most_uj;
};

struct fg_machine {
    char root[PATH_MAX];
    int64_t before_us; /* of the reading before; 0 none */
    struct fg_machine_ticks ticks;
    int64_t stalls_us[STALLS];
    size_t packages_len, heats_len;
    struct package packages[PACKAGES_MAX];
    char *heats[HEATS_MAX]; /* paths of sensors of processors, thousandths of a degree */
    char meter[PATH_MAX];   /* path of the meter of the whole machine, microwatts; "" none */
    int64_t energy_uj;
    struct fg_record *replayed; /* NULL: this machine itself; it began at `before_us` */
};

static const struct {
    const char *path;
    enum fg_reading reading;
} stalls[STALLS] = {{"/proc/pressure/cpu", FG_READING_STALL_CPU},
                    {"/proc/pressure/memory", FG_READING_STALL_MEM},
                    {"/proc/pressure/io", FG_READING_STALL_IO}};

static bool read_text(const struct fg_machine *machine,
                      const char *path,
                      char *out,
                      size_t room)
{
    char whole[2 * PATH_MAX];
    snprintf(whole, sizeof(whole), "%s%s", machine->root, path);
    return fg_sysfile_read(whole, out, room);
}

/* The text of a file beside another one. */
static bool read_beside(const char *path, const char *name, char *out, size_t room)
{
    char whole[PATH_MAX + 64];
    const char *end = strrchr(path, '/');
    snprintf(whole, sizeof(whole), "%.*s/%s", (int)(end - path), path, name);
    return fg_sysfile_read(whole, out, room);
}

/* Zones of whole packages: what lies in a package (cores, DRAM) is counted in it or not told everywhere. */
static void add_package(struct fg_machine *machine, const char *path)
{
    char name[64] = "", most[32] = "";
    if (machine->packages_len == PACKAGES_MAX || strlen(path) >= PATH_MAX
        || !read_beside(path, "name", name, sizeof(name)) || strncmp(name, "package", 7) != 0)
        return;
    struct package *it = &machine->packages[machine->packages_len++];
    strcpy(it->path, path);
    it->before_uj = fg_sysfile_number(path);
    it->most_uj = read_beside(path, "max_energy_range_uj", most, sizeof(most))
                      ? strtoll(most, NULL, 10)
                      : -1;
}

static void add_heat(struct fg_machine *machine, const char *path)
{
    static const char *const processors[] = {"coretemp", "k10temp", "zenpower", "cpu_thermal"};
    char name[64] = "";
    if (machine->heats_len == HEATS_MAX || !read_beside(path, "name", name, sizeof(name)))
        return;
    name[strcspn(name, "\n")] = '\0';
    for (size_t i = 0; i < sizeof(processors) / sizeof(processors[0]); i++)
        if (strcmp(name, processors[i]) == 0)
            machine->heats[machine->heats_len++] = strdup(path);
}

/* What ACPI says of the power supply (acpi_power_meter): a mean where it has one. */
static void add_meter(struct fg_machine *machine, const char *path)
{
    char name[64] = "";
    if (machine->meter[0] || strlen(path) >= PATH_MAX
        || !read_beside(path, "name", name, sizeof(name))
        || strncmp(name, "power_meter", 11) != 0)
        return;
    strcpy(machine->meter, path);
}

static void find_all(struct fg_machine *machine,
                     const char *pattern,
                     void (*add)(struct fg_machine *machine, const char *path))
{
    char whole[2 * PATH_MAX];
    glob_t found = {};
    snprintf(whole, sizeof(whole), "%s%s", machine->root, pattern);
    if (glob(whole, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            add(machine, found.gl_pathv[i]);
    globfree(&found);
}

/* The recording, if it tells of the machine; what is wrong with one was said before. */
static struct fg_record *find_replay(void)
{
    const char *path = getenv("FASTGPU_REPLAY");
    FG_AUTO(fg_file) FILE *file = path && *path ? fopen(path, "re") : NULL;
    struct fg_record *record = file ? fg_record_read(file, path, NULL) : NULL;
    for (size_t i = 0; record && i < record->points_len; i++)
        if (record->points[i].device == FG_DEVICE_CPU)
            return record;
    fg_record_free(record);
    return NULL;
}

struct fg_machine *fg_machine_new(const char *root)
{
    struct fg_machine *machine = calloc(1, sizeof(*machine));
    if (!machine)
        abort();
    snprintf(machine->root, sizeof(machine->root), "%s", root);
    find_all(machine, "/sys/class/powercap/intel-rapl:*/energy_uj", add_package);
    find_all(machine, "/sys/class/hwmon/hwmon*/temp*_input", add_heat);
    find_all(machine, "/sys/class/hwmon/hwmon*/power1_average", add_meter);
    find_all(machine, "/sys/class/hwmon/hwmon*/power1_input", add_meter);
    machine->replayed = find_replay();
    return machine;
}

void fg_machine_free(struct fg_machine *machine)
{
    for (size_t i = 0; machine && i < machine->heats_len; i++)
        free(machine->heats[i]);
    if (machine)
        fg_record_free(machine->replayed);
    free(machine);
}

static void read_cores(struct fg_machine *machine, int64_t out[FG_READINGS_LEN])
{
    char text[4096];
    struct fg_machine_ticks now;
    if (!read_text(machine, "/proc/stat", text, sizeof(text))
        || !fg_machine_read_ticks(text, &now))
        return;
    int64_t passed = now.total - machine->ticks.total;
    if (machine->ticks.total > 0 && passed > 0 && now.busy >= machine->ticks.busy)
        out[FG_READING_BUSY] =
            (now.busy - machine->ticks.busy) * sysconf(_SC_NPROCESSORS_ONLN) * 1000 / passed;
    machine->ticks = now;
}

static void read_stalls(struct fg_machine *machine,
                        int64_t passed_us,
                        int64_t out[FG_READINGS_LEN])
{
    char text[512];
    for (size_t i = 0; i < STALLS; i++) {
        int64_t now_us = read_text(machine, stalls[i].path, text, sizeof(text))
                             ? fg_machine_read_stall(text)
                             : -1;
        int64_t stalled_us = now_us - machine->stalls_us[i];
        if (now_us >= 0 && machine->stalls_us[i] >= 0 && passed_us > 0 && stalled_us >= 0)
            out[stalls[i].reading] =
                stalled_us > passed_us ? 1000 : stalled_us * 1000 / passed_us;
        machine->stalls_us[i] = now_us;
    }
}

static void read_packages(struct fg_machine *machine,
                          int64_t passed_us,
                          int64_t out[FG_READINGS_LEN])
{
    int64_t used_uj = 0;
    bool known = machine->packages_len > 0;
    for (size_t i = 0; i < machine->packages_len; i++) {
        struct package *it = &machine->packages[i];
        int64_t now_uj = fg_sysfile_number(it->path);
        known = known && now_uj >= 0 && it->before_uj >= 0;
        if (now_uj >= 0 && it->before_uj >= 0)
            used_uj += fg_machine_grown(it->before_uj, now_uj, it->most_uj);
        it->before_uj = now_uj;
    }
    if (!known)
        return;
    machine->energy_uj += used_uj;
    out[FG_READING_ENERGY] = machine->energy_uj / 1000;
    if (passed_us > 0)
        out[FG_READING_POWER] = (int64_t)((__int128)used_uj * 1000 / passed_us);
}

static void read_heats(struct fg_machine *machine, int64_t out[FG_READINGS_LEN])
{
    for (size_t i = 0; i < machine->heats_len; i++) {
        int64_t temp_c = fg_sysfile_number(machine->heats[i]) / 1000;
        if (temp_c > out[FG_READING_TEMP] && temp_c < 150)
            out[FG_READING_TEMP] = temp_c;
    }
}

static void read_meter(const struct fg_machine *machine, int64_t out[FG_READINGS_LEN])
{
    int64_t power_uw = machine->meter[0] ? fg_sysfile_number(machine->meter) : -1;
    if (power_uw >= 0)
        out[FG_READING_WHOLE_POWER] = power_uw / 1000;
}

void fg_machine_read(struct fg_machine *machine, int64_t now_us, int64_t out[FG_READINGS_LEN])
{
    char text[4096];
    if (machine->replayed) {
        if (machine->before_us == 0)
            machine->before_us = now_us;
        fg_record_at(machine->replayed, FG_DEVICE_CPU, now_us - machine->before_us, out);
        return;
    }
    int64_t passed_us = machine->before_us > 0 ? now_us - machine->before_us : 0;
    read_cores(machine, out);
    if (read_text(machine, "/proc/meminfo", text, sizeof(text)))
        out[FG_READING_MEM_USED] = fg_machine_read_memory(text);
    read_stalls(machine, passed_us, out);
    read_packages(machine, passed_us, out);
    read_heats(machine, out);
    read_meter(machine, out);
    machine->before_us = now_us;
}
