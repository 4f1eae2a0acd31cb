/* urgent.h - threads that answer people go before programs that compute.
 *
 * On a machine whose cores are all busy a thread that sleeps most of the time waits for its turn behind each program that
 * runs: an answer that takes 1 ms then takes 50.  What such threads use is little; so they ask the kernel for more weight.
 * Where it refuses (CAP_SYS_NICE or RLIMIT_NICE) they only ask for shorter turns.
 */
#pragma once

/* This thread, from now on (nice -15).  Threads and processes that it makes start as usual (nice 0). */
void fg_urgent_thread(void);

/* This process's session, if it leads one: where sched_autogroup is on, the kernel shares the cores among sessions, and what
 * a thread asks for counts within its own only. */
void fg_urgent_session(void);
