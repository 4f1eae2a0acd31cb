/* address.c - see address.h */
#include "publish/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const struct {
    uint32_t net;
    int bits;
} refused_4[] = {
    {0x00000000, 8},  /* this network */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* carriers */
    {0x7F000000, 8},  /* this host */
    {0xA9FE0000, 16}, /* link local, with the metadata of clouds */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocols */
    {0xC0000200, 24}, /* documentation */
    {0xC0586300, 24}, /* relays of 6to4 */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarks */
    {0xC6336400, 24}, /* documentation */
    {0xCB007100, 24}, /* documentation */
    {0xE0000000, 3},  /* multicast, reserved, broadcast */
};

static bool is_public_4(uint32_t address)
{
    for (size_t i = 0; i < sizeof(refused_4) / sizeof(refused_4[0]); i++)
        if ((address ^ refused_4[i].net) >> (32 - refused_4[i].bits) == 0)
            return false;
    return true;
}

static uint32_t read_4(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8
           | bytes[3];
}

static bool begins(const uint8_t *bytes, const uint8_t *with, size_t bits)
{
    size_t whole = bits / 8, rest = bits % 8;
    return memcmp(bytes, with, whole) == 0
           && (rest == 0 || (bytes[whole] ^ with[whole]) >> (8 - rest) == 0);
}

static bool is_public_6(const uint8_t *bytes)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t global[1] = {0x20};
    static const struct {
        uint8_t net[4];
        size_t bits;
    } refused[] = {
        {{0x20, 0x01, 0x00}, 23},       /* protocols: Teredo, benchmarks, ... */
        {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
        {{0x3f, 0xff, 0x00}, 20},       /* documentation */
    };
    if (begins(bytes, mapped, 96) || begins(bytes, nat64, 96))
        return is_public_4(read_4(bytes + 12));
    if (!begins(bytes, global, 3))
        return false;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (begins(bytes, refused[i].net, refused[i].bits))
            return false;
    bool is_6to4 = bytes[0] == 0x20 && bytes[1] == 0x02;
    return !is_6to4 || is_public_4(read_4(bytes + 2));
}

bool fg_address_is_public(const struct sockaddr *address)
{
    struct sockaddr_in in = {};
    struct sockaddr_in6 in6 = {};
    switch (address->sa_family) {
    case AF_INET:
        memcpy(&in, address, sizeof(in));
        return is_public_4(ntohl(in.sin_addr.s_addr));
    case AF_INET6:
        memcpy(&in6, address, sizeof(in6));
        return is_public_6(in6.sin6_addr.s6_addr);
    default:
        return false;
    }
}
