/* address.h - is an address of the public internet?  Asked of the address that is really connected to, so that a name that
 * means something else a moment later changes nothing.
 *
 * The special-purpose registries of IANA (RFC 6890 and its successors): everything but global unicast is refused; of
 * addresses that hold an IPv4 address (mapped, NAT64, 6to4) that one counts too.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

bool fg_address_is_public(const struct sockaddr *address);
