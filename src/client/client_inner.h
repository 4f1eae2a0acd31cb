/* client_inner.h - what client.c and stream.c share. */
#pragma once

#include "client/client.h"

#include <curl/curl.h>

#define FG_CLIENT_CONNECT_MS 5000

/* One of the places at which the service may be. */
struct fg_address {
    char *url;    /* as given: for messages */
    char *base;   /* what a path is put behind */
    char *socket; /* path of the Unix socket; NULL: TCP */
};

struct fg_client {
    CURL *curl;
    char *url; /* all, as given */
    struct fg_address addresses[FG_CLIENT_ADDRESSES_MAX];
    size_t addresses_len;
    size_t at;    /* the one that answered last */
    char *bearer; /* "Authorization: Bearer ..."; NULL none */
};

/* Whoever is there does not lead, or nobody is: the next one is asked from now on. */
void fg_client_turn(struct fg_client *client);

/* Set what every request has in common. */
void fg_client_prepare(const struct fg_client *client, CURL *curl, const char *path);
/* The headers of every request; free with curl_slist_free_all(). */
struct curl_slist *fg_client_headers(const struct fg_client *client);
/* What a result of libcurl means to our caller. */
int fg_client_fault(const struct fg_client *client, CURLcode result, struct fg_err *err);
