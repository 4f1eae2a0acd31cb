/* rented_test.c - which nodes are an order's, by what Slurm prints of them. */
#include "provision/rented.h"
#include "test/tap.h"

#include <string.h>

static int find(const char *text, struct fg_rented_node *out, size_t max, struct fg_err *err)
{
    return fg_rented_find((struct fg_field){text, strlen(text)}, "0b7c", out, max, err);
}

static void nodes_are_known_by_their_feature_alone(void)
{
    struct fg_rented_node nodes[4] = {};
    EQ(find("NodeName=i-1 Arch=x86_64 AvailableFeatures=rented,order_0b7c OS=Linux 6.1 #1 SMP "
            "State=IDLE+DYNAMIC_NORM ThreadsPerCore=1\n"
            "NodeName=n1 AvailableFeatures=rented,order_0b7cd State=IDLE\n"
            "NodeName=n2 AvailableFeatures=(null) State=IDLE "
            "Comment=AvailableFeatures=order_0b7c\n"
            "NodeName=n3 State=IDLE Reason=x AvailableFeatures=order_0b7c [root@now]\n"
            "NodeName=i-2 AvailableFeatures=order_0b7c State=MIXED+DRAIN+DYNAMIC_NORM\n"
            "NodeName=i-3 AvailableFeatures=order_0b7c State=DOWN*+DRAIN+DYNAMIC_NORM\n\n",
            nodes, 4, NULL),
       3);
    OK(strcmp(nodes[0].name, "i-1") == 0 && !nodes[0].is_busy && !nodes[0].is_drained);
    OK(strcmp(nodes[1].name, "i-2") == 0 && nodes[1].is_busy && nodes[1].is_drained);
    OK(strcmp(nodes[2].name, "i-3") == 0 && !nodes[2].is_busy && nodes[2].is_drained);
}

static void what_is_no_node_is_none(void)
{
    struct fg_rented_node nodes[1] = {};
    struct fg_err err = {};
    EQ(find("", nodes, 1, NULL), 0);
    EQ(find("No nodes in the system\n", nodes, 1, NULL), 0);
    EQ(find("AvailableFeatures=order_0b7c State=IDLE\n", nodes, 1, NULL), 0);
    EQ(find("NodeName=a;b AvailableFeatures=order_0b7c State=IDLE\n", nodes, 1, &err),
       FG_EBACKEND);
    EQ(find("NodeName=-a AvailableFeatures=order_0b7c State=IDLE\n", nodes, 1, &err),
       FG_EBACKEND);
    EQ(find("NodeName=a AvailableFeatures=order_0b7c State=IDLE\n"
            "NodeName=b AvailableFeatures=order_0b7c State=COMPLETING\n",
            nodes, 1, NULL),
       2);
    OK(strcmp(nodes[0].name, "a") == 0);
}

int main(void)
{
    RUN(nodes_are_known_by_their_feature_alone);
    RUN(what_is_no_node_is_none);
    return tap_done();
}
