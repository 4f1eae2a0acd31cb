/* self_check.h - what a machine found when it tried whether it can do work: bits of FG_READING_CHECKS; 0: all is well. */
#pragma once

enum {
    FG_CHECK_DISK = 1,  /* a file in the folder of jobs could not be written and read */
    FG_CHECK_FULL = 2,  /* ... for want of space */
    FG_CHECK_STUCK = 4, /* the disk does not answer */
    FG_CHECK_CLOCK = 8, /* its clock is not ours (seen by the service) */
};
