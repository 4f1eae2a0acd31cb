/* sim_engine.h - SIMULATED engine: tasks as rows, time as a number, and a world that outlives the controller, as
 * supervisors outlive the daemon.  Never linked into the program. */
#pragma once

#include "engine/engine.h"

struct sim_engine;

struct sim_engine *sim_engine_new(uint64_t seed);
void sim_engine_free(struct sim_engine *engine);
extern const struct fg_engine_ops sim_engine_ops;

/* Time goes on: tasks start and end. */
void sim_engine_advance(struct sim_engine *engine, int64_t now_us);
/* The daemon dies after `calls` further calls of start, stop or collect: what it would have done is not done. */
void sim_engine_die_after(struct sim_engine *engine, uint32_t calls);
/* A new daemon: events that the old one did not take are gone; adopt() tells again. */
void sim_engine_restart(struct sim_engine *engine);
/* One node more, like the first, for the next controller that looks. */
void sim_engine_add_node(struct sim_engine *engine, const char *name);
/* From now on nothing fails by chance. */
void sim_engine_be_kind(struct sim_engine *engine);

/* Does the world hold: no device over-used, no rank of a job running twice? */
bool sim_engine_check(const struct sim_engine *engine);
size_t sim_engine_running(const struct sim_engine *engine);
