/* buyer_test.c - plug-ins that hang, lie, repeat, answer garbage, write without end, die: each call has one event. */
#include "provision/buyer.h"

#include "base/clock.h"
#include "test/tap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static struct fg_supplier shell(const char *name, const char *script)
{
    struct fg_supplier supplier = {
        .kind = FG_SUPPLIER_EXEC, .argv_len = 3, .timeout_us = 5000000};
    snprintf(supplier.name, sizeof(supplier.name), "%s", name);
    strcpy(supplier.argv[0], "/bin/sh");
    strcpy(supplier.argv[1], "-c");
    snprintf(supplier.argv[2], sizeof(supplier.argv[2]), "%s", script);
    return supplier;
}

static struct fg_order two_machines(void)
{
    return (struct fg_order){.id = 7,
                             .key = "0b7c",
                             .count = 2,
                             .offer = {.supplier = "shop",
                                       .instance = "big",
                                       .accelerator = "h100",
                                       .accelerators = 8,
                                       .price_uusd_per_hour = 2500000}};
}

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static bool wait_event(struct fg_provision *buyer, struct fg_provision_event *out)
{
    struct pollfd ready = {fg_buyer_ops.poll_fd(buyer), POLLIN, 0};
    while (!fg_buyer_ops.next_event(buyer, out))
        if (poll(&ready, 1, 20000) <= 0)
            return false;
    return true;
}

/* Make one call and take its event. */
static struct fg_provision_event ask(struct fg_provision *buyer,
                                     const struct fg_supplier *supplier,
                                     enum fg_provision_op op)
{
    struct fg_order order = two_machines();
    struct fg_provision_event event = {.rc = 1};
    struct fg_provision_call call = {
        .op = op, .tag = 42, .supplier = supplier, .order = op ? &order : NULL};
    EQ(fg_buyer_ops.call(buyer, &call, NULL), 0);
    OK(wait_event(buyer, &event));
    EQ(event.op, op);
    EQ(event.tag, 42);
    OK(strcmp(event.supplier, supplier->name) == 0);
    printf("# %d %s\n", event.rc, event.reason);
    return event;
}

static void every_fault_is_one_event(void)
{
    static const struct {
        const char *why, *script;
        int rc;
        const char *reason; /* a part of it */
    } cases[] = {
        {"dies", "exit 3", FG_EBACKEND, "exit status 3"},
        {"says why", "echo one >&2; echo no credit >&2; exit 1", FG_EBACKEND,
         "exit status 1: no credit"},
        {"is killed", "kill -9 $$", FG_EBACKEND, "ended by signal 9"},
        {"says nothing", "cat >/dev/null", FG_EBACKEND, "wrote no answer"},
        {"answers, and fails", "echo '{\"ok\":true,\"state\":\"pending\"}'; exit 1",
         FG_EBACKEND, "exit status 1"},
        {"garbage", "echo hello", FG_EBACKEND, "cannot be believed"},
        {"half", "printf '{\"ok\":true,'", FG_EBACKEND, "cannot be believed"},
        {"no ok", "echo '{}'", FG_EBACKEND, "no ok"},
        {"no state", "echo '{\"ok\":true}'", FG_EBACKEND, "no state"},
        {"a lie", "echo '{\"ok\":true,\"state\":\"ready\",\"instances\":[{\"id\":\"a\"}]}'",
         FG_EBACKEND, "says ready, and tells of 1 of 2 instances"},
        {"an error", "echo '{\"ok\":false,\"error\":\"database down\"}'", FG_EBACKEND,
         "the supplier says: database down"},
        {"colours", "echo '{\"ok\":false,\"error\":\"\\u001b[31mred\"}'", FG_EBACKEND,
         "the supplier says:  [31mred"},
        {"writes without end", "yes", FG_ETOOBIG, "larger answer"},
        {"reads nothing", "exec <&-; echo '{\"ok\":true,\"state\":\"pending\"}'", 0, ""},
        {"repeats itself", "for i in 1 2; do echo '{\"ok\":true,\"state\":\"pending\"}'; done",
         0, ""},
        {"more words on stderr than anybody wants",
         "yes | head -c 300000 >&2; echo '{\"ok\":true,\"state\":\"pending\"}'", 0, ""},
    };
    struct fg_provision *buyer = fg_buyer_new(folder, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        printf("# %s\n", cases[i].why);
        struct fg_supplier supplier = shell("shop", cases[i].script);
        struct fg_provision_event event = ask(buyer, &supplier, FG_PROVISION_PROVISION);
        EQ(event.rc, cases[i].rc);
        OK(strstr(event.reason, cases[i].reason) != NULL);
        EQ(event.instances_len, 0);
        OK(strcmp(event.key, "0b7c") == 0);
    }
    struct fg_supplier supplier = shell("shop", "exit 0");
    strcpy(supplier.argv[0], "/no/such/program");
    EQ(ask(buyer, &supplier, FG_PROVISION_STATUS).rc, FG_EBACKEND);
    fg_buyer_ops.free(buyer);
}

static void who_hangs_is_killed_with_his_children(void)
{
    struct fg_provision *buyer = fg_buyer_new(folder, NULL);
    struct fg_supplier supplier =
        shell("slow", "sleep 600 & echo $! >child; echo '{\"ok\":true,\"state\":\"pending\"}'; "
                      "sleep 600");
    supplier.timeout_us = 300000;
    struct fg_provision_event event = ask(buyer, &supplier, FG_PROVISION_PROVISION);
    EQ(event.rc, FG_ETIMEOUT);
    OK(event.time_us - event.asked_us >= 300000);

    char path[128];
    snprintf(path, sizeof(path), "%s/slow/child", folder);
    FILE *file = fopen(path, "r");
    int child = 0;
    OK(file && fscanf(file, "%d", &child) == 1);
    fclose(file);
    /* Its parent is gone, so the kernel gives it to another: it may be a zombie for a moment, but it runs no more. */
    bool gone = false;
    for (int look = 0; look < 500 && !gone; look++) {
        char state = 'R', stat[64];
        snprintf(stat, sizeof(stat), "/proc/%d/stat", child);
        file = fopen(stat, "r");
        gone = !file || (fscanf(file, "%*d %*s %c", &state) == 1 && state == 'Z');
        if (file)
            fclose(file);
        usleep(10000);
    }
    OK(gone);
    fg_buyer_ops.free(buyer);
}

/* One that ends and leaves a child with its output open is not waited for. */
static void what_is_left_behind_is_killed(void)
{
    struct fg_provision *buyer = fg_buyer_new(folder, NULL);
    struct fg_supplier supplier =
        shell("shop", "sleep 600 & echo '{\"ok\":true,\"state\":\"pending\"}'");
    int64_t begin_us = mono_us();
    EQ(ask(buyer, &supplier, FG_PROVISION_PROVISION).rc, 0);
    OK(mono_us() - begin_us < 5000000);
    fg_buyer_ops.free(buyer);
}

static void an_end_does_not_wait_for_a_plug_in(void)
{
    struct fg_provision *buyer = fg_buyer_new(folder, NULL);
    struct fg_order order = two_machines();
    struct fg_supplier supplier = shell("slow", "sleep 600");
    supplier.timeout_us = 600000000;
    struct fg_provision_call call = {
        .op = FG_PROVISION_STATUS, .supplier = &supplier, .order = &order};
    for (int i = 0; i < 3; i++)
        EQ(fg_buyer_ops.call(buyer, &call, NULL), 0);
    usleep(50000);
    int64_t begin_us = mono_us();
    fg_buyer_ops.free(buyer);
    OK(mono_us() - begin_us < 60000000);
}

/* Two at one time would both see "free", and both write "held". */
static void calls_of_one_supplier_wait_for_each_other(void)
{
    struct fg_provision *buyer = fg_buyer_new(folder, NULL);
    struct fg_order order = two_machines();
    struct fg_provision_event event;
    struct fg_supplier suppliers[3];
    int good = 0;
    for (int i = 0; i < 3; i++) {
        char name[8];
        snprintf(name, sizeof(name), "s%d", i);
        suppliers[i] = shell(name, "mkdir lock || exit 9; sleep 0.02; rmdir lock; "
                                   "echo '{\"ok\":true,\"state\":\"pending\"}'");
    }
    for (uint64_t i = 0; i < 30; i++) {
        struct fg_provision_call call = {.op = FG_PROVISION_STATUS,
                                         .tag = i,
                                         .supplier = &suppliers[i % 3],
                                         .order = &order};
        EQ(fg_buyer_ops.call(buyer, &call, NULL), 0);
    }
    uint64_t next[3] = {0, 1, 2};
    bool in_order = true;
    for (int i = 0; i < 30 && wait_event(buyer, &event); i++) {
        good += event.rc == 0;
        in_order = in_order && event.tag == next[event.tag % 3];
        next[event.tag % 3] += 3;
    }
    EQ(good, 30);
    OK(in_order);
    fg_buyer_ops.free(buyer);
}

static void a_plug_in_sees_what_it_needs_and_no_more(void)
{
    struct fg_provision *buyer = fg_buyer_new(folder, NULL);
    char path[128], text[2048] = "";
    setenv("FASTGPU_TOKEN", "mine", 1);
    struct fg_supplier supplier =
        shell("env", "env >env; tee request >/dev/null; pwd >pwd; echo '{\"ok\":true,"
                     "\"state\":\"pending\"}'");
    EQ(ask(buyer, &supplier, FG_PROVISION_PROVISION).rc, 0);
    snprintf(path, sizeof(path), "%s/env/env", folder);
    FILE *file = fopen(path, "r");
    OK(file && fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    OK(strstr(text, "FASTGPU_SUPPLIER=env\n") != NULL);
    OK(strstr(text, "FASTGPU_STATE_DIR=/") != NULL);
    OK(strstr(text, "FASTGPU_TOKEN") == NULL);
    memset(text, 0, sizeof(text));
    snprintf(path, sizeof(path), "%s/env/request", folder);
    file = fopen(path, "r");
    OK(file && fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    static const char begin[] =
        "{\"op\":\"provision\",\"version\":1,\"supplier\":\"env\",\"key\":\"0b7c\"";
    OK(strncmp(text, begin, strlen(begin)) == 0);
    OK(strstr(text, "\"count\":2") && strstr(text, "\"instance\":\"big\""));
    OK(strchr(text, '\n') == text + strlen(text) - 1);
    fg_buyer_ops.free(buyer);
}

static void write_secret(const char *path, const char *text, mode_t mode)
{
    unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    OK(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    fchmod(file, mode);
    close(file);
}

static void a_secret_never_comes_back(void)
{
    struct fg_provision *buyer = fg_buyer_new(folder, NULL);
    char path[128];
    snprintf(path, sizeof(path), "%s/secret", folder);
    write_secret(path, "tOpSeCrEt/1\n", 0600);
    static const char *const scripts[] = {
        "cat $FASTGPU_SECRET_FILE >&2; exit 1",
        "echo \"{\\\"ok\\\":false,\\\"error\\\":\\\"bad $(cat $FASTGPU_SECRET_FILE)\\\"}\"",
        "echo '{\"ok\":false,\"refused\":\"tOpSeCrEt\\/1\"}'",
        "echo '{\"ok\":true,\"state\":\"pending\",\"reference\":\"tOpSeCrEt/1\"}'",
        "echo '{\"ok\":true,\"state\":\"pending\",\"reason\":\"tOpSeCrEt/1\"}'",
        "echo '{\"ok\":true,\"state\":\"tOpSeCrEt/1\"}'",
    };
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        struct fg_supplier supplier = shell("shop", scripts[i]);
        strcpy(supplier.secret_file, path);
        struct fg_provision_event event = ask(buyer, &supplier, FG_PROVISION_PROVISION);
        OK(!strstr(event.reason, "SeCrEt"));
        OK(!strstr(event.reference, "SeCrEt"));
    }
    struct fg_supplier supplier = shell("shop", "echo '{\"ok\":true,\"state\":\"pending\"}'");
    strcpy(supplier.secret_file, path);
    write_secret(path, "x", 0644);
    EQ(ask(buyer, &supplier, FG_PROVISION_STATUS).rc, FG_EAUTH);
    write_secret(path, "\n", 0600);
    EQ(ask(buyer, &supplier, FG_PROVISION_STATUS).rc, FG_EAUTH);
    write_secret(path, "a\rb", 0600);
    EQ(ask(buyer, &supplier, FG_PROVISION_STATUS).rc, FG_EAUTH);
    unlink(path);
    EQ(ask(buyer, &supplier, FG_PROVISION_STATUS).rc, FG_EAUTH);
    fg_buyer_ops.free(buyer);
}

static void calls_that_make_no_sense_are_refused(void)
{
    struct fg_provision *buyer = fg_buyer_new(folder, NULL);
    struct fg_order order = two_machines();
    struct fg_supplier listed = {.name = "list", .kind = FG_SUPPLIER_LISTED};
    struct fg_supplier good = shell("shop", "exit 0");
    struct fg_provision_call call = {
        .op = FG_PROVISION_STATUS, .supplier = &listed, .order = &order};
    EQ(fg_buyer_ops.call(buyer, &call, NULL), FG_EINVAL);
    call.supplier = &good;
    call.order = NULL;
    EQ(fg_buyer_ops.call(buyer, &call, NULL), FG_EINVAL);
    call.op = FG_PROVISION_OFFERS;
    call.order = &order;
    EQ(fg_buyer_ops.call(buyer, &call, NULL), FG_EINVAL);
    order.key[0] = '\0';
    call.op = FG_PROVISION_QUOTE;
    EQ(fg_buyer_ops.call(buyer, &call, NULL), FG_EINVAL);
    fg_buyer_ops.free(buyer);
}

int main(void)
{
    strcpy(folder, "/tmp/fg-buyer-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    RUN(every_fault_is_one_event);
    RUN(who_hangs_is_killed_with_his_children);
    RUN(what_is_left_behind_is_killed);
    RUN(an_end_does_not_wait_for_a_plug_in);
    RUN(calls_of_one_supplier_wait_for_each_other);
    RUN(a_plug_in_sees_what_it_needs_and_no_more);
    RUN(a_secret_never_comes_back);
    RUN(calls_that_make_no_sense_are_refused);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) != 0 || tap_done();
}
