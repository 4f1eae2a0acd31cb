/* burn_ptx.h - the kernels of the burn-in, as NVIDIA's PTX (ISA 6.0, sm_50): text that each driver since then translates
 * for the device it finds, so that no compiler of the vendor is needed to build or to run this.
 *
 *     fg_fill(memory, words, seed)             every word becomes a number of its place and the seed
 *     fg_check(memory, words, seed, faults)    *faults += words that are not
 *     fg_compute(rounds, expected, faults)     eight chains of x = 3.9 (x - x x): they are chaotic, so one wrong bit anywhere
 *                                              changes the end; *faults += threads whose end is not `expected`
 *
 * The same arithmetic in C is in burn_cuda.c (expected) and in the fake device of the tests.
 */
#pragma once

/* i = ctaid * ntid + tid -> %rd1; the step ntid * nctaid -> %rd2. */
#define FG_PTX_PLACE                                                                           \
    "mov.u32 %r1, %ctaid.x;\nmov.u32 %r2, %ntid.x;\nmov.u32 %r3, %tid.x;\n"                    \
    "mov.u32 %r4, %nctaid.x;\nmul.wide.u32 %rd1, %r1, %r2;\ncvt.u64.u32 %rd2, %r3;\n"          \
    "add.s64 %rd1, %rd1, %rd2;\nmul.wide.u32 %rd2, %r4, %r2;\n"

/* The number that belongs to place %rd1 and seed %r5 -> %r8; its address in %rd3 -> %rd5. */
#define FG_PTX_WORD                                                                            \
    "cvt.u32.u64 %r6, %rd1;\nshr.u64 %rd5, %rd1, 32;\ncvt.u32.u64 %r7, %rd5;\n"                \
    "mul.lo.s32 %r6, %r6, -1640531535;\nmul.lo.s32 %r7, %r7, -2048144789;\n"                   \
    "xor.b32 %r8, %r6, %r7;\nxor.b32 %r8, %r8, %r5;\n"                                         \
    "shl.b64 %rd5, %rd1, 2;\nadd.s64 %rd5, %rd3, %rd5;\n"

/* One step of a chain. */
#define FG_PTX_STEP(x)                                                                         \
    "neg.f32 %f9, %f" x ";\nfma.rn.f32 %f10, %f9, %f" x ", %f" x ";\n"                         \
    "mul.rn.f32 %f" x ", %f10, 0f4079999A;\n"

/* Fold the end of a chain into %r3. */
#define FG_PTX_FOLD(x) "mov.b32 %r4, %f" x ";\nxor.b32 %r3, %r3, %r4;\n"

#define FG_BURN_PTX                                                                            \
    ".version 6.0\n.target sm_50\n.address_size 64\n"                                          \
    ".visible .entry fg_fill(.param .u64 memory, .param .u64 words, .param .u32 seed)\n{\n"    \
    ".reg .pred %p<2>;\n.reg .b32 %r<9>;\n.reg .b64 %rd<6>;\n"                                 \
    "ld.param.u64 %rd3, [memory];\nld.param.u64 %rd4, [words];\nld.param.u32 %r5, "            \
    "[seed];\n" FG_PTX_PLACE                                                                   \
    "fill_next:\nsetp.ge.u64 %p1, %rd1, %rd4;\n@%p1 bra fill_end;\n" FG_PTX_WORD               \
    "st.global.u32 [%rd5], %r8;\nadd.s64 %rd1, %rd1, %rd2;\nbra.uni fill_next;\n"              \
    "fill_end:\nret;\n}\n"                                                                     \
    ".visible .entry fg_check(.param .u64 memory, .param .u64 words, .param .u32 seed, "       \
    ".param .u64 faults)\n{\n"                                                                 \
    ".reg .pred %p<3>;\n.reg .b32 %r<12>;\n.reg .b64 %rd<7>;\n"                                \
    "ld.param.u64 %rd3, [memory];\nld.param.u64 %rd4, [words];\nld.param.u32 %r5, [seed];\n"   \
    "mov.u32 %r9, 0;\n" FG_PTX_PLACE                                                           \
    "check_next:\nsetp.ge.u64 %p1, %rd1, %rd4;\n@%p1 bra check_end;\n" FG_PTX_WORD             \
    "ld.global.u32 %r10, [%rd5];\nsetp.ne.s32 %p2, %r10, %r8;\nselp.u32 %r11, 1, 0, %p2;\n"    \
    "add.s32 %r9, %r9, %r11;\nadd.s64 %rd1, %rd1, %rd2;\nbra.uni check_next;\n"                \
    "check_end:\nsetp.eq.s32 %p1, %r9, 0;\n@%p1 bra check_out;\nld.param.u64 %rd6, "           \
    "[faults];\n"                                                                              \
    "atom.global.add.u32 %r10, [%rd6], %r9;\ncheck_out:\nret;\n}\n"                            \
    ".visible .entry fg_compute(.param .u32 rounds, .param .u32 expected, .param .u64 "        \
    "faults)\n{\n"                                                                             \
    ".reg .pred %p<2>;\n.reg .b32 %r<6>;\n.reg .f32 %f<11>;\n.reg .b64 %rd<2>;\n"              \
    "ld.param.u32 %r1, [rounds];\nld.param.u32 %r2, [expected];\n"                             \
    "mov.f32 %f1, 0f3DCCCCCD;\nmov.f32 %f2, 0f3E4CCCCD;\nmov.f32 %f3, 0f3E99999A;\n"           \
    "mov.f32 %f4, 0f3ECCCCCD;\nmov.f32 %f5, 0f3F0CCCCD;\nmov.f32 %f6, 0f3F266666;\n"           \
    "mov.f32 %f7, 0f3F400000;\nmov.f32 %f8, 0f3F59999A;\n"                                     \
    "compute_next:\nsetp.eq.s32 %p1, %r1, 0;\n@%p1 bra compute_end;\n" FG_PTX_STEP(            \
        "1") FG_PTX_STEP("2") FG_PTX_STEP("3") FG_PTX_STEP("4") FG_PTX_STEP("5")               \
        FG_PTX_STEP("6") FG_PTX_STEP("7") FG_PTX_STEP(                                         \
            "8") "add.s32 %r1, %r1, -1;\nbra.uni compute_next;\ncompute_end:\nmov.u32 %r3, "   \
                 "0;\n" FG_PTX_FOLD("1") FG_PTX_FOLD("2") FG_PTX_FOLD("3") FG_PTX_FOLD("4")    \
                     FG_PTX_FOLD("5") FG_PTX_FOLD("6") FG_PTX_FOLD("7") FG_PTX_FOLD(           \
                         "8") "setp.eq.s32 %p1, %r3, %r2;\n@%p1 bra "                          \
                              "compute_out;\nld.param.u64 %rd1, [faults];\n"                   \
                              "atom.global.add.u32 %r5, [%rd1], 1;\ncompute_out:\nret;\n}\n"
