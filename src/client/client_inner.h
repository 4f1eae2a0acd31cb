/* client_inner.h - what client.c and stream.c share. */
#pragma once

#include "client/client.h"

#include <curl/curl.h>

#define FG_CLIENT_CONNECT_MS 5000

struct fg_client {
    CURL *curl;
    char *url;    /* as given: for messages */
    char *base;   /* what a path is put behind */
    char *socket; /* path of the Unix socket; NULL: TCP */
    char *bearer; /* "Authorization: Bearer ..."; NULL none */
};

/* Set what every request has in common. */
void fg_client_prepare(const struct fg_client *client, CURL *curl, const char *path);
/* The headers of every request; free with curl_slist_free_all(). */
struct curl_slist *fg_client_headers(const struct fg_client *client);
/* What a result of libcurl means to our caller. */
int fg_client_fault(const struct fg_client *client, CURLcode result, struct fg_err *err);
