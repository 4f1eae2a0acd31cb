/* note_test.c - events as texts: CloudEvents, syslog, the journal; and signatures */
#include "publish/note.h"
#include "publish/syslog_text.h"
#include "publish/webhook_sign.h"

#include "base/doc.h"
#include "test/tap.h"

#include <string.h>

static const struct fg_note ended = {.seq = 12,
                                     .time_us = 1'700'000'000'123'456,
                                     .kind = "job.finished",
                                     .job = 7,
                                     .project = "vision",
                                     .json = "{\"state\":\"failed\",\"exit_code\":1}"};

static void is_text(const char *what, const char *got, const char *want)
{
    if (!OK(strcmp(got, want) == 0))
        printf("# %s\n#   got  %s\n#   want %s\n", what, got, want);
}

static void is_event(const struct fg_note *note, const char *want)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    fg_note_write(&json, note, "site-a");
    is_text("event", text.text, want);
    const struct fg_doc *doc;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(text.len));
    EQ(fg_doc_json(text.text, text.len, arena, &doc, NULL), 0);
}

static void events_are_cloud_events(void)
{
    is_event(&ended,
             "{\"specversion\":\"1.0\",\"id\":\"12\",\"source\":\"site-a\","
             "\"type\":\"job.finished\",\"subject\":\"job/7\","
             "\"time\":\"2023-11-14T22:13:20.123456Z\",\"job\":\"7\",\"project\":\"vision\","
             "\"datacontenttype\":\"application/json\",\"data\":{\"state\":\"failed\","
             "\"exit_code\":1}}");
    struct fg_note node = {.seq = 13,
                           .time_us = 1'700'000'000'000'000,
                           .kind = "node.down",
                           .project = "",
                           .json = "{\"text\":\"\\\"node\\\":\\\"x\\\"\",\"node\":\"hpc.n1\"}"};
    is_event(&node,
             "{\"specversion\":\"1.0\",\"id\":\"13\",\"source\":\"site-a\","
             "\"type\":\"node.down\",\"subject\":\"node/hpc.n1\","
             "\"time\":\"2023-11-14T22:13:20Z\",\"datacontenttype\":\"application/json\","
             "\"data\":{\"text\":\"\\\"node\\\":\\\"x\\\"\",\"node\":\"hpc.n1\"}}");
    node.json = "{\"cut\":\"of"; /* what is no JSON stops nobody */
    node.seq = 0;
    is_event(&node,
             "{\"specversion\":\"1.0\",\"id\":\"test-1700000000000000\","
             "\"source\":\"site-a\",\"type\":\"node.down\",\"subject\":\"node.down\","
             "\"time\":\"2023-11-14T22:13:20Z\",\"datacontenttype\":\"application/json\","
             "\"data\":\"{\\\"cut\\\":\\\"of\"}");
    node.json = "";
    is_event(&node,
             "{\"specversion\":\"1.0\",\"id\":\"test-1700000000000000\","
             "\"source\":\"site-a\",\"type\":\"node.down\",\"subject\":\"node.down\","
             "\"time\":\"2023-11-14T22:13:20Z\",\"datacontenttype\":\"application/json\","
             "\"data\":{}}");
}

static void who_wants_what(void)
{
    struct fg_sink_setting sink = {.events = {"job.finished", "alert.*"}, .events_len = 2};
    OK(fg_note_wanted(&sink, "job.finished", "vision"));
    OK(fg_note_wanted(&sink, "alert.raised", ""));
    OK(!fg_note_wanted(&sink, "job.finished2", "vision"));
    OK(!fg_note_wanted(&sink, "job.running", "vision"));
    OK(!fg_note_wanted(&sink, "alert", ""));
    sink.projects_len = 1;
    strcpy(sink.projects[0], "vision");
    OK(fg_note_wanted(&sink, "job.finished", "vision"));
    OK(!fg_note_wanted(&sink, "job.finished", "visions"));
    OK(!fg_note_wanted(&sink, "alert.raised", ""));
    strcpy(sink.events[0], "*");
    OK(fg_note_wanted(&sink, "node.down", "vision"));
}

static void some_are_worse_than_others(void)
{
    struct fg_note note = ended;
    EQ(fg_note_severity(&note), 4);
    note.json = "{\"state\":\"succeeded\"}";
    EQ(fg_note_severity(&note), 6);
    note.kind = "alert.raised";
    note.json = "{\"severity\":\"critical\"}";
    EQ(fg_note_severity(&note), 2);
}

static void syslog_is_rfc_5424(void)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_syslog_write(&text, &ended, "site-a", "host", 42);
    is_text("syslog", text.text,
            "<28>1 2023-11-14T22:13:20.123456Z host site-a 42 job.finished "
            "[fastgpu@32473 seq=\"12\" job=\"7\" project=\"vision\"] job.finished job=7 "
            "project=vision {\"state\":\"failed\",\"exit_code\":1}");
    const struct fg_note hostile = {.seq = 1,
                                    .kind = "a kind\nof \"more\" than thirty-two bytes",
                                    .project = "]\"\\\n",
                                    .json = "\x01\n<0>1"};
    fg_buf_clear(&text);
    fg_syslog_write(&text, &hostile, "s", "", 1);
    is_text("hostile", text.text,
            "<30>1 1970-01-01T00:00:00Z - s 1 a?kind?of?\"more\"?than?thirty-two "
            "[fastgpu@32473 seq=\"1\" project=\"\\]\\\"\\\\ \"] a kind of \"more\" than "
            "thirty-two bytes project=]\"\\    <0>1");
}

static void a_line_end_in_the_journal_has_a_length(void)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_note note = ended;
    fg_journal_write(&text, &note, "site-a");
    is_text("journal", text.text,
            "MESSAGE=job.finished job=7 project=vision {\"state\":\"failed\",\"exit_code\":1}\n"
            "PRIORITY=4\nSYSLOG_IDENTIFIER=site-a\nFASTGPU_KIND=job.finished\nFASTGPU_SEQ=12\n"
            "FASTGPU_TIME_USEC=1700000000123456\nFASTGPU_JOB=7\nFASTGPU_PROJECT=vision\n"
            "FASTGPU_DATA={\"state\":\"failed\",\"exit_code\":1}\n");
    note.json = "a\nPRIORITY=0";
    fg_buf_clear(&text);
    fg_journal_write(&text, &note, "site-a");
    static const char data[] = "FASTGPU_DATA\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n";
    size_t len = sizeof(data) - 1;
    OK(text.len > len && memcmp(text.text + text.len - len, data, len) == 0);
    OK(strstr(text.text, "a PRIORITY=0\nPRIORITY=6\n") != NULL);
}

/* The example of the Standard Webhooks libraries. */
static void signatures_are_those_of_standard_webhooks(void)
{
    static const char body[] = "{\"test\": 2432232314}";
    struct fg_sink_secret secret = {.text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                    .len = 38};
    const struct fg_signed what = {.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                   .time_s = 1614265330,
                                   .body = body,
                                   .body_len = strlen(body)};
    char got[FG_SIGNATURE_MAX];
    EQ(fg_webhook_sign(&what, &secret, got, NULL), 0);
    is_text("signature", got, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    struct fg_err err = {};
    struct fg_sink_secret brief = {.text = "hunter2", .len = 7};
    EQ(fg_webhook_sign(&what, &brief, got, &err), FG_EINVAL);
    is_text("too short", err.text, "the secret is 7 bytes, expected at least 16");
    struct fg_sink_secret odd = {.text = "whsec_!!!", .len = 9};
    EQ(fg_webhook_sign(&what, &odd, got, &err), FG_EINVAL);
    OK(!strstr(err.text, "!!!"));
}

int main(void)
{
    RUN(events_are_cloud_events);
    RUN(who_wants_what);
    RUN(some_are_worse_than_others);
    RUN(syslog_is_rfc_5424);
    RUN(a_line_end_in_the_journal_has_a_length);
    RUN(signatures_are_those_of_standard_webhooks);
    return tap_done();
}
