/* energy_model_test.c - the model that comes with the program, and files that are refused. */
#include "sim/energy_model.h"
#include "test/tap.h"

#include <string.h>

#define HEAD "node: {idle: 100, busy: 200, asleep: 5, down: 10s, wake: 1m}\n"
#define DEVICE                                                                                 \
    "devices:\n"                                                                               \
    "  - classes: [{name: x, share: [0.5, 0.9, 1], watts: [100, 150, 180]}]\n"                 \
    "    kind: v100\n"                                                                         \
    "    idle: 30\n"                                                                           \
    "    caps: {min: 100, max: 190, step: 50}\n"

static void the_bundled_model_is_sound(void)
{
    static struct fg_energy_model model;
    struct fg_err err = {};
    bool sound = true;
    EQ(fg_energy_model_bundled(&model, &err), 0);
    EQ(model.devices_len, 4);
    for (size_t i = 0; i < model.devices_len; i++)
        for (size_t c = 0; c < model.devices[i].classes_len; c++) {
            const struct fg_energy_device *device = &model.devices[i];
            const struct fg_energy_class *class = &device->classes[c];
            for (size_t k = 0; k < device->caps_len; k++)
                sound = sound && (k == 0 || class->share[k] >= class->share[k - 1])
                        && class->watts[k] * 1000 < (double)device->range.max_mw
                        && class->watts[k] * 1000 > (double)device->idle_mw;
            sound = sound && class->share[device->caps_len - 1] >= 1;
        }
    OK(sound);
    OK(strcmp(fg_energy_device_of(&model, "a40")->kind, "a40") == 0);
    OK(fg_energy_device_of(&model, "abacus") == &model.devices[0]);
}

static void a_file_is_read(void)
{
    static struct fg_energy_model model;
    static const char text[] = HEAD "region: fr\nprice_per_kwh: 0.25\n" DEVICE;
    struct fg_err err = {};
    EQ(fg_energy_model_read(text, strlen(text), "m.yaml", &model, &err), 0);
    EQ(model.node.wake_us, 60'000'000);
    EQ(model.g_per_kwh, 56);
    EQ(model.price_uusd_per_kwh, 250'000);
    EQ(model.devices[0].caps_len, 3);
    EQ(fg_energy_cap_at(&model.devices[0], 100'000), 0);
    EQ(fg_energy_cap_at(&model.devices[0], 150'000), 1);
    EQ(fg_energy_cap_at(&model.devices[0], 190'000), 2);
}

static void what_makes_no_sense_is_refused(void)
{
    static const char *const bad[] = {
        HEAD,
        DEVICE,
        HEAD "devices: []\n",
        HEAD "volts: 3\n" DEVICE,
        "node: {idle: 300, busy: 200, asleep: 5, down: 10s, wake: 1m}\n" DEVICE,
        HEAD
        "devices: [{kind: a, idle: 3, caps: {min: 100, max: 100, step: 1}, classes: []}]\n",
        HEAD "devices: [{kind: a, idle: 3, caps: {min: 1, max: 1000, step: 1}, classes: []}]\n",
        HEAD
        "devices: [{kind: a, idle: 3, caps: {min: 1, max: 2, step: 1}, classes: [{name: x, "
        "share: [1], watts: [1]}]}]\n",
        HEAD
        "devices: [{kind: a, idle: 3, caps: {min: 1, max: 2, step: 1}, classes: [{name: x, "
        "share: [1, 1.5], watts: [1, 2]}]}]\n",
        HEAD
        "devices: [{kind: a, idle: 3, caps: {min: 1, max: 2, step: 1}, classes: [{name: x, "
        "share: [0, 1], watts: [1, 2]}]}]\n",
    };
    static struct fg_energy_model model;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fg_err err = {};
        EQ(fg_energy_model_read(bad[i], strlen(bad[i]), "m.yaml", &model, &err), FG_EINVAL);
        OK(strncmp(err.text, "m.yaml", 6) == 0);
    }
}

int main(void)
{
    RUN(the_bundled_model_is_sound);
    RUN(a_file_is_read);
    RUN(what_makes_no_sense_is_refused);
    return tap_done();
}
