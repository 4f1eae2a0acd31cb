/* codec_test.c - columns come back as they were, whatever they are, and bytes that are none are refused. */
#include "telemetry/codec.h"
#include "test/tap.h"

#include <string.h>

static uint64_t draw(uint64_t *random)
{
    uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Whether `values` come back, and the next byte after them too; `*out_bytes` what they took. */
static bool comes_back(const int64_t *values, size_t len, size_t *out_bytes)
{
    static int64_t back[FG_CODEC_VALUES_MAX];
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    fg_buf_puts(&buf, "[");
    fg_codec_put(&buf, values, len);
    *out_bytes = buf.len - 1;
    fg_buf_puts(&buf, "]");
    struct fg_bytes in = {.bytes = (const uint8_t *)buf.text, .len = buf.len, .at = 1};
    if (fg_codec_get(&in, back, len) < 0 || memcmp(back, values, len * sizeof(*values)) != 0)
        return false;
    return in.at == buf.len - 1;
}

/* Columns of every sort; `n` chooses. */
static size_t make(uint64_t *random, int n, int64_t *values)
{
    size_t len = n % 7 == 0 ? 1 + draw(random) % 3 : 1 + draw(random) % 700;
    unsigned wide = (unsigned)(draw(random) % 64);
    int64_t level = (int64_t)(draw(random) >> (draw(random) % 64)), step = 0;
    for (size_t i = 0; i < len; i++) {
        int64_t noise = (int64_t)(draw(random) >> wide);
        switch (n % 6) {
        case 0:
            values[i] = noise;
            break;
        case 1:
            values[i] = (int64_t)((uint64_t)level + (uint64_t)noise * 1000);
            break;
        case 2:
            values[i] = level =
                (int64_t)((uint64_t)level + (draw(random) % 9 == 0 ? (uint64_t)noise : 0));
            break;
        case 3:
            values[i] = level =
                (int64_t)((uint64_t)level
                          + (uint64_t)(step += (int64_t)(draw(random) % 5) - 2));
            break;
        case 4:
            values[i] = draw(random) % 40 ? -1 : noise;
            break;
        case 5:
            values[i] = i % 2 ? INT64_MIN : INT64_MAX;
            break;
        }
    }
    return len;
}

static void test_every_column_comes_back(void)
{
    static int64_t values[FG_CODEC_VALUES_MAX];
    uint64_t random = 1;
    size_t bytes;
    bool right = true;
    for (int n = 0; n < 3000; n++)
        right = right && comes_back(values, make(&random, n, values), &bytes);
    OK(right);
    for (size_t i = 0; i < FG_CODEC_VALUES_MAX; i++)
        values[i] = (int64_t)draw(&random);
    OK(comes_back(values, FG_CODEC_VALUES_MAX, &bytes));
    OK(bytes <= FG_CODEC_VALUES_MAX * 12);
}

static void test_regular_columns_take_next_to_nothing(void)
{
    int64_t values[3600];
    size_t bytes;
    for (size_t i = 0; i < 3600; i++)
        values[i] = 300000;
    OK(comes_back(values, 3600, &bytes));
    OK(bytes <= 5);
    for (size_t i = 0; i < 3600; i++) /* seconds */
        values[i] = 1763760000000 + (int64_t)i * 1000;
    OK(comes_back(values, 3600, &bytes));
    OK(bytes <= 3600 / 4);
    for (size_t i = 0; i < 3600; i++) /* whole percents that go up and down */
        values[i] = 10 * (50 + (int64_t)(i * 7919 % 8));
    OK(comes_back(values, 3600, &bytes));
    OK(bytes <= 3600 / 2);
    for (size_t i = 0; i < 3600; i++) /* two states, for minutes each */
        values[i] = i / 600 % 2 ? 1000 : 0;
    OK(comes_back(values, 3600, &bytes));
    OK(bytes <= 30);
}

static void test_what_is_cut_or_flipped_is_refused_or_read_within_its_bytes(void)
{
    int64_t values[700], back[700];
    uint64_t random = 2;
    bool refused = true;
    for (int n = 0; n < 600; n++) {
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        size_t len = make(&random, n, values);
        fg_codec_put(&buf, values, len);
        for (size_t cut = 0; cut < buf.len; cut++) {
            struct fg_bytes in = {.bytes = (const uint8_t *)buf.text, .len = cut};
            refused = refused && fg_codec_get(&in, back, len) == FG_EINVAL;
        }
        buf.text[draw(&random) % buf.len] ^= (char)(1 << draw(&random) % 8);
        struct fg_bytes in = {.bytes = (const uint8_t *)buf.text, .len = buf.len};
        (void)!fg_codec_get(&in, back, len);
        refused = refused && in.at <= buf.len;
    }
    OK(refused);
}

static void test_numbers_of_seven_bits(void)
{
    static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        uint64_t back = 7;
        fg_varint_put(&buf, numbers[i]);
        struct fg_bytes in = {.bytes = (const uint8_t *)buf.text, .len = buf.len};
        OK(fg_varint_get(&in, &back) == 0 && back == numbers[i] && in.at == buf.len);
        OK(fg_unzigzag(fg_zigzag((int64_t)numbers[i])) == (int64_t)numbers[i]);
    }
    struct fg_bytes in = {.bytes = (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
                          .len = 10};
    uint64_t back;
    EQ(fg_varint_get(&in, &back), FG_EINVAL);
}

static void test_the_check_sees_each_flipped_bit(void)
{
    char bytes[37] = "thirty-six bytes that may be damaged";
    uint32_t check = fg_bytes_check(bytes, sizeof(bytes));
    bool seen = fg_bytes_check(bytes, sizeof(bytes) - 1) != check;
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        seen = seen && fg_bytes_check(bytes, sizeof(bytes)) != check;
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    OK(seen);
}

int main(void)
{
    RUN(test_every_column_comes_back);
    RUN(test_regular_columns_take_next_to_nothing);
    RUN(test_what_is_cut_or_flipped_is_refused_or_read_within_its_bytes);
    RUN(test_numbers_of_seven_bits);
    RUN(test_the_check_sees_each_flipped_bit);
    return tap_done();
}
