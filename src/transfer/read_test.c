/* read_test.c - what is read of others: credentials, answers of a store, headers; hashes and limits. */
#include "transfer/bucket.h"
#include "transfer/s3_answer.h"
#include "transfer/web.h"

#include "test/tap.h"

#include <string.h>
#include <unistd.h>

static void credentials_come_from_their_section(void)
{
    static const char text[] = "# mine\n[other]\naws_access_key_id=X\n[profile work]\nregion = "
                               "eu-1\ns3 =\n  region = no\n"
                               "[work]\naws_access_key_id = AK\naws_secret_access_key= s/e=c "
                               "\r\nendpoint_url=http://h:1\n";
    struct fg_credentials who = {};
    struct fg_err err = {};
    EQ(fg_credentials_read(text, sizeof(text) - 1, "work", &who, &err), 0);
    OK(strcmp(who.key, "AK") == 0 && strcmp(who.secret, "s/e=c") == 0);
    OK(strcmp(who.region, "eu-1") == 0 && strcmp(who.endpoint, "http://h:1") == 0);
    static const char bad[] = "[work]\naws_access_key_id = a\001b\n";
    struct fg_credentials none = {};
    EQ(fg_credentials_read(bad, sizeof(bad) - 1, "work", &none, &err), FG_EINVAL);
    OK(strstr(err.text, "line 2") && !strchr(err.text, '\001') && none.key[0] == '\0');
}

static void answers_are_read(void)
{
    static const struct {
        const char *text;
        int rc;
        const char *root, *code, *id;
    } cases[] = {
        {"<Error><Code>NoSuchKey</Code><Message>m</Message></Error>", 0, "Error", "NoSuchKey",
         ""},
        {"<?xml version='1.0'?><a:R xmlns:a='x'><a:UploadId>i&amp;+/</a:UploadId></a:R>", 0,
         "R", "", "i&+/"},
        {"<R><X><UploadId>deeper</UploadId></X></R>", 0, "R", "", ""},
        {"<R><UploadId>a\nb</UploadId></R>", FG_EINVAL, "", "", ""},
        {"<!DOCTYPE R [<!ENTITY e 'x'>]><R><UploadId>&e;</UploadId></R>", FG_EINVAL, "", "",
         ""},
        {"<a><b><c><d><e><f><g><h><i/></h></g></f></e></d></c></b></a>", FG_EINVAL, "", "", ""},
        {"<R>", FG_EINVAL, "", "", ""},
        {"", FG_EINVAL, "", "", ""},
        {"html", FG_EINVAL, "", "", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_s3_answer answer = {};
        printf("# %s\n", i == 3 ? "a line end" : cases[i].text);
        EQ(fg_s3_answer_read(cases[i].text, strlen(cases[i].text), &answer, NULL), cases[i].rc);
        OK(strcmp(answer.root, cases[i].root) == 0 && strcmp(answer.code, cases[i].code) == 0
           && strcmp(answer.upload_id, cases[i].id) == 0);
    }
}

static void take(struct fg_web_head *head, const char *line)
{
    fg_web_head_take(head, line, strlen(line));
}

static void headers_are_read(void)
{
    struct fg_web_head head = {};
    take(&head, "HTTP/1.1 206 Partial Content\r\n");
    take(&head, "content-length: 10\r\n");
    take(&head, "Content-Range: bytes 5-14/1234\r\n");
    take(&head, "ETag:\"x\"\r\n");
    EQ(head.bytes, 1234);
    EQ(head.from, 5);
    OK(strcmp(head.etag, "\"x\"") == 0);
    take(&head,
         "Repr-Digest: md5=:x:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:\r\n");
    OK(strcmp(head.sha256, "sha256:" FG_SHA256_OF_NOTHING) == 0);
    take(&head, "HTTP/1.1 200 OK\r\n");
    EQ(head.bytes, -1);
    OK(head.etag[0] == '\0' && head.sha256[0] == '\0');
    take(&head, "Content-Range: bytes */0\r\n");
    EQ(head.bytes, 0);
    EQ(head.from, -1);
    take(&head, "Content-Length: 99999999999999999999\r\n");
    EQ(head.bytes, 0);
}

static void hashes_are_the_known_ones(void)
{
    struct fg_digest digest;
    enum fg_digest_kind kind;
    char hash[FG_HASH_MAX];
    fg_digest_begin(&digest, FG_BLAKE2B);
    fg_digest_add(&digest, "abc", 3);
    fg_digest_end(&digest, hash);
    OK(strcmp(hash, "blake2b:bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
       == 0);
    fg_digest_begin(&digest, FG_SHA256);
    fg_digest_end(&digest, hash);
    OK(strcmp(hash, "sha256:" FG_SHA256_OF_NOTHING) == 0);
    EQ(fg_digest_kind_of(hash, &kind, NULL), 0);
    EQ(kind, FG_SHA256);
    hash[10] = 'G';
    EQ(fg_digest_kind_of(hash, &kind, NULL), FG_EINVAL);
}

/* However it is asked, what has passed at a moment is no more than the rate and the burst. */
static void a_bucket_holds_its_rate(void)
{
    char path[] = "/tmp/fastgpu-bucket-XXXXXX";
    close(mkstemp(path));
    FG_AUTO(fg_bucket) struct fg_bucket *one = NULL;
    FG_AUTO(fg_bucket) struct fg_bucket *two = NULL;
    EQ(fg_bucket_open(path, &one, NULL), 0);
    EQ(fg_bucket_open(path, &two, NULL), 0);
    int64_t now_us = 100'000'000'000, sent = 0;
    srand(5);
    for (int i = 0; i < 2000; i++) {
        int64_t bytes = 1 + rand() % 100'000;
        now_us += fg_bucket_take(i % 2 ? one : two, bytes, 1'000'000, now_us);
        sent += bytes;
    }
    double took_s = (double)(now_us - 100'000'000'000) / 1e6;
    OK((double)sent <= (took_s + 0.11) * 1e6 && (double)sent >= took_s * 1e6);
    EQ(fg_bucket_take(one, 100, 1'000'000, now_us + 5'000'000), 0);
    EQ(fg_bucket_take(one, 100, 1'000'000, 5), 0); /* the machine began anew */
    unlink(path);
}

int main(void)
{
    RUN(credentials_come_from_their_section);
    RUN(answers_are_read);
    RUN(headers_are_read);
    RUN(hashes_are_the_known_ones);
    RUN(a_bucket_holds_its_rate);
    return tap_done();
}
