/* answer.h - the ways to answer a request.  Each is called once per request, on its worker. */
#pragma once

#include "api/call.h"

/* What was written to call->out, as JSON. */
void fg_answer_json(struct fg_call *call, int status);
/* The same bytes with another media type. */
void fg_answer_out(struct fg_call *call, int status, const char *type);
/* A problem document (RFC 9457).  The status is that of the code, see err.def. */
void fg_answer_error(struct fg_call *call, const struct fg_err *err);
/* The same, where what failed gave `rc`. */
void fg_answer_rc(struct fg_call *call, int rc, struct fg_err *err);
/* The same with a status of its own: 405, 414, 415. */
void fg_answer_problem(struct fg_call *call, int status, const struct fg_err *err);
/* Did the control thread refuse the command of the call?  Then that is the answer. */
bool fg_answer_failed(struct fg_call *call);
/* A list is {"items": [...], "next": ...}: begin it, write its items, end it, which answers.  `next` is the cursor of the next page;
 * 0: that was all. */
void fg_list_begin(struct fg_call *call);
void fg_list_end(struct fg_call *call, uint64_t next);
/* The list that the control thread gave, as `items`; or that it failed. */
void fg_answer_items(struct fg_call *call);
/* Any response; takes it over.  `bytes`: its length, for the time the client has to read it. */
void fg_answer_response(struct fg_call *call,
                        int status,
                        struct MHD_Response *response,
                        uint64_t bytes);
/* A stream without an end: no deadline. */
void fg_answer_stream(struct fg_call *call, struct MHD_Response *response);
