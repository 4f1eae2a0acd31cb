/* limits.h - the greatest size of everything a user or an operator controls. */
#pragma once

#define FG_NAME_MAX          64         /* bytes of any name, the final 0 counted */
#define FG_KIND_MAX          32         /* "h100-sxm-80g" */
#define FG_TEXT_MAX          256        /* a reason, a description */
#define FG_RATE_MILLI_MAX    1000000000 /* throughput of a job on a kind, in thousandths */
#define FG_ANY_OF_MAX        4          /* alternatives in one request */
#define FG_WHERE_MAX         128        /* a list of suppliers, or of regions, of one request */
#define FG_TASKS_MAX         1024       /* tasks (ranks) of one gang */
#define FG_AFTER_MAX         64         /* dependencies of one job */
#define FG_ENV_MAX           256        /* environment variables of one job */
#define FG_LABELS_MAX        32
#define FG_ARTIFACTS_MAX     64 /* input, and output patterns, of one job */
#define FG_ARRAY_MAX         100000
#define FG_BATCH_MAX         1000          /* jobs in one batch submit */
#define FG_SPEC_BYTES_MAX    (256 * 1024)  /* one job as JSON */
#define FG_BODY_BYTES_MAX    (1024 * 1024) /* one HTTP request, blobs and batches apart */
#define FG_BATCH_BYTES_MAX   (16 * 1024 * 1024)
#define FG_SHEET_BYTES_MAX   (128 * 1024 * 1024) /* a catalogue of offers, or prices over time */
#define FG_NODES_MAX         131072
#define FG_NODE_DEVICES_MAX  32 /* accelerators of one node: a grant is a 32-bit mask */
#define FG_JOBS_OPEN_MAX     2000000
#define FG_PROJECT_DEPTH_MAX 8 /* projects within projects */
#define FG_PROJECTS_MAX      4096
#define FG_RETRIES_MAX       1000
#define FG_PAGE_MAX          1000  /* rows in one page of a list */
#define FG_PAGE_DEFAULT      100   /* unless `limit` says another number */
#define FG_CPUS_MAX          4096  /* cores asked by one task */
#define FG_MEM_GIB_MAX       65536 /* memory asked by one task, or of one device */
#define FG_DURATION_DAYS_MAX 3650  /* any duration in a job */
#define FG_PRIORITY_MAX      1000  /* and -1000 */
#define FG_ARGV_MAX          1024  /* words of argv */
#define FG_ARRAY_INDEX_MAX   9999999
#define FG_JOB_ROOM          (32 * 1024 * 1024) /* arena for one spec: address space */
#define FG_PRICE_UUSD_MAX    100000000000       /* of an instance for an hour: 100,000 USD */
#define FG_OFFER_DEVICES_MAX                                                                   \
    16384 /* of one instance that is for sale: a slice of TPUs is many machines */
#define FG_UPFRONT_UUSD_MAX 10000000000000 /* of an instance at its order: 10 million USD */
#define FG_OFFERS_MAX       200000
#define FG_SUPPLIERS_MAX    1000
#define FG_ORDERS_OPEN_MAX  10000 /* that are not over */
#define FG_ORDER_COUNT_MAX  10000 /* instances of one order */
