/* flight.c - see flight.h */
#include "publish/flight.h"

#include <assert.h>

void fg_flight_reset(struct fg_flight *flight, uint64_t looked)
{
    flight->len = 0;
    flight->looked = looked;
}

void fg_flight_add(struct fg_flight *flight, struct fg_flight_note note)
{
    assert(flight->len < FG_FLIGHT_MAX);
    flight->notes[(flight->first + flight->len++) % FG_FLIGHT_MAX] = note;
}

void fg_flight_settle(struct fg_flight *flight,
                      size_t done,
                      bool is_refused,
                      struct fg_publish_row *row)
{
    size_t gone = done + is_refused;
    assert(gone <= flight->len);
    for (size_t i = 0; i < gone; i++) {
        const struct fg_flight_note *note = &flight->notes[(flight->first + i) % FG_FLIGHT_MAX];
        row->seq = note->seq;
        if (note->gap > 0)
            row->dropped += note->gap;
        else if (i < done)
            row->sent++;
        else
            row->dropped++;
    }
    flight->first = (flight->first + gone) % FG_FLIGHT_MAX;
    flight->len -= gone;
    if (flight->len == 0)
        row->seq = flight->looked;
}
