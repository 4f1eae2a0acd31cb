/* sim_books.h - SIMULATED tables of suppliers and orders, for sim_store.  Never linked into the program. */
#pragma once

#include "store/store.h"

#define SIM_ORDERS_MAX    512
#define SIM_INSTANCES_MAX 8
#define SIM_SUPPLIERS_MAX 4
#define SIM_BOOK_DAYS     40

struct sim_order {
    struct fg_order order; /* id 0: none */
    struct fg_order_instance instances[SIM_INSTANCES_MAX];
    uint32_t notes;
    int64_t used_uusd, idle_uusd;
    int64_t cash_uusd[SIM_BOOK_DAYS]; /* by day since SIM_FIRST_DAY */
};

struct sim_books {
    struct sim_order orders[SIM_ORDERS_MAX]; /* by id */
    fg_order_id next_id;
    struct {
        char name[FG_NAME_MAX], json[2048];
    } suppliers[SIM_SUPPLIERS_MAX];
    struct {
        char name[FG_NAME_MAX], json[2048];
    } scale; /* the rule of scaling; one is enough */
    struct fg_saved saved[FG_SAVING_WAYS];
};

#define SIM_FIRST_DAY 19675 /* 2023-11-14, when simulations begin */

/* As the functions of struct fg_store_ops. */
int sim_books_supplier_put(struct sim_books *books, const char *name, const char *json);
int sim_books_scale_put(struct sim_books *books, const char *name, const char *json);
int sim_books_order_put(struct sim_books *books, const struct fg_order *order);
int sim_books_instance_put(struct sim_books *books,
                           fg_order_id order,
                           uint32_t slot,
                           const struct fg_order_instance *instance);
int sim_books_cost_add(struct sim_books *books, const struct fg_order_cost *cost);
int sim_books_cash_add(struct sim_books *books, fg_order_id order, int64_t day, int64_t uusd);
int64_t sim_books_cash_sum(const struct sim_books *books,
                           const char *supplier,
                           int64_t from_day);
int sim_books_find(const struct sim_books *books,
                   fg_order_id id,
                   const char *key,
                   struct fg_order *out,
                   struct fg_err *err);
int sim_books_load(const struct sim_books *books, struct fg_store_sink *sink);
