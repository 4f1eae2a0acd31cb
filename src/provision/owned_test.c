/* owned_test.c - own machines: each held by one order, whatever is killed when. */
#include "provision/buyer.h"
#include "provision/owned_list.h"

#include "test/tap.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static struct fg_supplier own = {
    .name = "own", .kind = FG_SUPPLIER_OWNED, .timeout_us = 10000000};

#define LIST                                                                                   \
    "machines:\n"                                                                              \
    "  - {name: a, accelerator: h100, accelerators: 8, usd_per_hour: 1.25}\n"                  \
    "  - {name: b, address: b.lan, accelerator: h100, accelerators: 8, usd_per_hour: 1.25}\n"  \
    "  - {name: c, accelerator: l4, accelerators: 1, wake: [touch, awake-c], check: [test, "   \
    "-e, "                                                                                     \
    "c-is-up], sleep: [rm, awake-c], inspect: [echo, nonsense]}\n"

static void write_list(const char *text)
{
    snprintf(own.machines_file, sizeof(own.machines_file), "%s/list.yaml", folder);
    FILE *file = fopen(own.machines_file, "w");
    OK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static struct fg_order order_of(const char *key, const char *instance, uint32_t count)
{
    struct fg_order order = {.id = 1, .count = count};
    snprintf(order.key, sizeof(order.key), "%s", key);
    snprintf(order.offer.instance, sizeof(order.offer.instance), "%s", instance);
    return order;
}

static struct fg_answer_sheet ask(enum fg_provision_op op, const struct fg_order *order)
{
    struct fg_answer_sheet sheet = {};
    struct fg_provision_call call = {.op = op, .supplier = &own, .order = order};
    fg_buyer_call_now(folder, &call, &sheet);
    if (sheet.event.reason[0])
        printf("# %s\n", sheet.event.reason);
    return sheet;
}

/* The delivery that is answered; below 0 an error. */
static int delivery(enum fg_provision_op op, const struct fg_order *order)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = ask(op, order);
    return sheet.event.rc < 0 ? sheet.event.rc : (int)sheet.event.delivery;
}

static void machines_alike_are_one_offer(void)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = ask(FG_PROVISION_OFFERS, NULL);
    EQ(sheet.event.offers_len, 2);
    OK(strcmp(sheet.event.offers[0].instance, "8x-h100") == 0);
    EQ(sheet.event.offers[0].capacity, 2);
    EQ(sheet.event.offers[0].price_uusd_per_hour, 1250000);
    EQ(sheet.event.offers[0].contract, FG_CONTRACT_OWNED);
    EQ(sheet.event.offers[1].capacity, 1);
}

static void a_machine_is_held_once(void)
{
    struct fg_order first = order_of("k1", "8x-h100", 1), second = order_of("k2", "8x-h100", 2);
    EQ(delivery(FG_PROVISION_STATUS, &first), FG_DELIVERY_UNKNOWN);
    EQ(delivery(FG_PROVISION_QUOTE, &first), FG_DELIVERY_PENDING);
    EQ(delivery(FG_PROVISION_PROVISION, &first), FG_DELIVERY_READY);
    EQ(delivery(FG_PROVISION_PROVISION, &first), FG_DELIVERY_READY);
    EQ(delivery(FG_PROVISION_QUOTE, &second), FG_DELIVERY_REFUSED);
    EQ(delivery(FG_PROVISION_PROVISION, &second), FG_DELIVERY_REFUSED);
    EQ(delivery(FG_PROVISION_STATUS, &second), FG_DELIVERY_UNKNOWN);
    second.count = 1;
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet sheet = ask(FG_PROVISION_PROVISION, &second);
    EQ(sheet.event.instances_len, 1);
    OK(strcmp(sheet.event.instances[0].id, "b") == 0);
    OK(strcmp(sheet.event.instances[0].address, "b.lan") == 0);
    EQ(delivery(FG_PROVISION_RELEASE, &first), FG_DELIVERY_GONE);
    EQ(delivery(FG_PROVISION_RELEASE, &first), FG_DELIVERY_GONE);
    EQ(delivery(FG_PROVISION_PROVISION, &first), FG_DELIVERY_GONE);
    EQ(delivery(FG_PROVISION_RELEASE, &second), FG_DELIVERY_GONE);
}

static void a_machine_is_woken_and_sent_to_sleep(void)
{
    struct fg_order order = order_of("k3", "1x-l4", 1);
    char awake[128], up[128];
    snprintf(awake, sizeof(awake), "%s/own/awake-c", folder);
    snprintf(up, sizeof(up), "%s/own/c-is-up", folder);
    EQ(delivery(FG_PROVISION_PROVISION, &order), FG_DELIVERY_PENDING);
    EQ(access(awake, F_OK), 0);
    FILE *file = fopen(up, "w");
    OK(file && fclose(file) == 0);
    EQ(delivery(FG_PROVISION_STATUS, &order), FG_DELIVERY_READY);
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet sheet = ask(FG_PROVISION_INSPECT, &order);
    EQ(sheet.event.instances_len, 1);
    OK(sheet.event.instances[0].report == NULL);
    EQ(delivery(FG_PROVISION_RELEASE, &order), FG_DELIVERY_GONE);
    EQ(access(awake, F_OK), -1);
    /* One that cannot be sent to sleep is still ours. */
    struct fg_order again = order_of("k4", "1x-l4", 1);
    EQ(delivery(FG_PROVISION_PROVISION, &again), FG_DELIVERY_READY);
    unlink(awake);
    EQ(delivery(FG_PROVISION_RELEASE, &again), FG_DELIVERY_RELEASING);
    file = fopen(awake, "w");
    OK(file && fclose(file) == 0);
    EQ(delivery(FG_PROVISION_RELEASE, &again), FG_DELIVERY_GONE);
}

static void what_is_wrong_in_the_list_is_said(void)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"machines: 7\n", "expected one member, machines, with a list"},
        {"machines: []\nmore: 1\n", "expected one member"},
        {"machines:\n  - {name: a}\n", "list.yaml:2"},
        {"machines:\n  - {accelerator: l4, accelerators: 1}\n", "a machine without a name"},
        {"machines:\n  - {name: a, acelerator: l4}\n", "did you mean accelerator?"},
        {"machines:\n  - {name: a, accelerator: l4, accelerators: 0}\n", "accelerators: 0"},
        {"machines:\n  - {name: a, accelerator: l4, accelerators: 1, wake: reboot}\n", "wake"},
        {"machines:\n  - {name: a, accelerator: l4, accelerators: 1, usd_per_hour: -1}\n",
         "USD"},
        {"machines:\n  - {name: a, accelerator: l4, accelerators: 1}\n"
         "  - {name: a, accelerator: l4, accelerators: 1}\n",
         "name a stands there twice"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_list(cases[i].text);
        FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = ask(FG_PROVISION_OFFERS, NULL);
        EQ(sheet.event.rc, FG_EINVAL);
        OK(strstr(sheet.event.reason, cases[i].reason) != NULL);
    }
    own.machines_file[0] = '\0';
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = ask(FG_PROVISION_OFFERS, NULL);
    EQ(sheet.event.rc, FG_EINVAL);
}

/* A state that cannot be read is not an empty one: two would get one machine. */
static void a_broken_state_gives_nothing_away(void)
{
    struct fg_order order = order_of("k5", "8x-h100", 1);
    char path[128];
    snprintf(path, sizeof(path), "%s/own/machines.json", folder);
    FILE *file = fopen(path, "w");
    OK(file && fputs("{\"orders\":[{\"key\":", file) >= 0 && fclose(file) == 0);
    EQ(delivery(FG_PROVISION_PROVISION, &order), FG_EIO);
    EQ(delivery(FG_PROVISION_OFFERS, NULL), FG_EIO);
    unlink(path);
}

/* Orders from processes that are killed at any moment: no machine in two orders, no key with two machines. */
static void kill_9_between_request_and_answer(void)
{
    char holder[2][FG_NAME_MAX] = {};
    struct fg_order orders[2] = {order_of("x1", "8x-h100", 1), order_of("x2", "8x-h100", 1)};
    for (int i = 0; i < 60; i++) {
        struct fg_order *order = &orders[i % 2];
        pid_t pid = fork();
        if (pid == 0) {
            struct fg_answer_sheet sheet = {};
            struct fg_provision_call call = {
                .op = FG_PROVISION_PROVISION, .supplier = &own, .order = order};
            fg_buyer_call_now(folder, &call, &sheet);
            _exit(0);
        }
        usleep((useconds_t)(i * 50));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        FG_AUTO(fg_answer_sheet)
        struct fg_answer_sheet sheet = {};
        struct fg_provision_call call = {
            .op = FG_PROVISION_STATUS, .supplier = &own, .order = order};
        fg_buyer_call_now(folder, &call, &sheet);
        bool sound = sheet.event.rc == 0 && sheet.event.instances_len <= 1;
        if (sheet.event.instances_len == 1) {
            char *held = holder[i % 2];
            sound = sound && (!held[0] || strcmp(held, sheet.event.instances[0].id) == 0);
            strcpy(held, sheet.event.instances[0].id);
        }
        if (!sound)
            OK(sound);
    }
    EQ(delivery(FG_PROVISION_PROVISION, &orders[0]), FG_DELIVERY_READY);
    EQ(delivery(FG_PROVISION_PROVISION, &orders[1]), FG_DELIVERY_READY);
    OK(!holder[0][0] || strcmp(holder[0], holder[1]) != 0);
}

int main(void)
{
    strcpy(folder, "/tmp/fg-owned-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    write_list(LIST);
    RUN(machines_alike_are_one_offer);
    RUN(a_machine_is_held_once);
    RUN(a_machine_is_woken_and_sent_to_sleep);
    RUN(what_is_wrong_in_the_list_is_said);
    write_list(LIST);
    RUN(a_broken_state_gives_nothing_away);
    RUN(kill_9_between_request_and_answer);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) != 0 || tap_done();
}
