/* offer_read_test.c - catalogues with every trap that is known, typed by hand; the real one where it is there. */
#include "supply/offer_read.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define HEADER                                                                                 \
    "supplier,instance_type,accelerator,accelerator_count,accelerator_mem_mib,vcpus,"          \
    "memory_gib,region,zone,price_usd_h,spot_price_usd_h\n"

static struct fg_offer_sheet read_text(const char *text, size_t len, const char *supplier)
{
    struct fg_offer_reading reading = {.supplier = supplier};
    struct fg_offer_sheet sheet;
    struct fg_err err = {};
    if (!OK(fg_offer_read(&reading, text, len, &sheet, &err) == 0))
        printf("#   %s\n", err.text);
    return sheet;
}

/* One row under HEADER. */
static struct fg_offer_sheet read_row(const char *row)
{
    char text[4096];
    snprintf(text, sizeof(text), HEADER "%s\n", row);
    return read_text(text, strlen(text), NULL);
}

static void refused(const char *row, const char *why)
{
    FG_AUTO(fg_offer_sheet) struct fg_offer_sheet sheet = read_row(row);
    bool fine = sheet.refused_len == 1 && sheet.offers_len == 0 && sheet.refused[0].line == 2
                && strstr(sheet.refused[0].why, why);
    if (!OK(fine))
        printf("#   %s: %s\n", row, sheet.refused_len ? sheet.refused[0].why : "accepted");
}

/* Repaired for that reason, into so many offers. */
static struct fg_offer repaired(const char *row, const char *why, size_t offers)
{
    FG_AUTO(fg_offer_sheet) struct fg_offer_sheet sheet = read_row(row);
    bool fine = sheet.repaired_len == 1 && sheet.offers_len == offers && sheet.accepted == 1
                && strstr(sheet.repaired[0].why, why);
    if (!OK(fine))
        printf("#   %s: %s, %zu offers\n", row,
               sheet.repaired_len  ? sheet.repaired[0].why
               : sheet.refused_len ? sheet.refused[0].why
                                   : "not repaired",
               sheet.offers_len);
    return sheet.offers_len ? sheet.offers[0] : (struct fg_offer){};
}

static struct fg_offer accepted(const char *row, size_t offers)
{
    FG_AUTO(fg_offer_sheet) struct fg_offer_sheet sheet = read_row(row);
    bool fine = sheet.repaired_len == 0 && sheet.refused_len == 0 && sheet.offers_len == offers;
    if (!OK(fine))
        printf("#   %s: %s\n", row,
               sheet.repaired_len  ? sheet.repaired[0].why
               : sheet.refused_len ? sheet.refused[0].why
                                   : "another number of offers");
    return sheet.offers_len ? sheet.offers[0] : (struct fg_offer){};
}

static void a_row_is_one_or_two_offers(void)
{
    struct fg_offer offer =
        accepted("aws,p5.48xlarge,H100,8,81920,192,2048,us-east-1,use1-az2,98.32,35.5", 2);
    OK(strcmp(offer.supplier, "aws") == 0 && strcmp(offer.instance, "p5.48xlarge") == 0);
    OK(strcmp(offer.accelerator, "h100-sxm-80g") == 0 && strcmp(offer.zone, "use1-az2") == 0);
    EQ(offer.accelerators, 8);
    EQ(offer.price_uusd_per_hour, 98320000);
    EQ(offer.cpu_milli, 192000);
    EQ(offer.mem_mib, 2048 * 1024);
    EQ(offer.contract, FG_CONTRACT_ON_DEMAND);
    offer = accepted("aws,x,T4,1,,4,30.5,r,,,0.2", 1);
    EQ(offer.contract, FG_CONTRACT_SPOT);
    EQ(offer.mem_mib, 31232);
    accepted("aws,x,T4,1,,4,16,r,,0.5,", 1);
}

static void prices_are_doubted(void)
{
    EQ(accepted("a,x,T4,1,,4,16,r,,5.26e-1,", 1).price_uusd_per_hour, 526000);
    EQ(accepted("a,x,T4,4.0,,4.0,16,r,,1E0,", 1).price_uusd_per_hour, 1000000);
    EQ(accepted("a,x,T4,1,,4,16,r,,0.12345678,", 1).price_uusd_per_hour, 123457);
    EQ(repaired("a,x,T4,1,,4,16,r,,$0.52,", "sign of its currency", 1).price_uusd_per_hour,
       520000);
    EQ(repaired("a,x,tpu-v4-512,1,,,,r,,\"1,012.50\",", "commas", 1).price_uusd_per_hour,
       1012500000);
    refused("a,x,T4,1,,4,16,r,,\"0,52\",", "a comma may be");
    refused("a,x,T4,1,,4,16,r,,\"1,052\",", "a comma may be");
    refused("a,x,T4,1,,4,16,r,,\"1.052,5\",", "a comma may be");
    refused("a,x,T4,1,,4,16,r,,0.52 EUR,", "expected a number");
    refused("a,x,T4,1,,4,16,r,,inf,", "expected a number");
    refused("a,x,T4,1,,4,16,r,,1e400,", "expected a number");
    refused("a,x,T4,1,,4,16,r,,1e20,", "beyond all bounds");
    refused("a,x,T4,1,,4,16,r,,-0.5,", "negative");
    refused("a,x,T4,1,,4,16,r,,0.0,", "price is 0");
    refused("a,x,T4,1,,4,16,r,,0.0000001,", "price is 0");
    refused("a,x,T4,1,,4,16,r,,0,0", "price is 0");
    refused("a,x,T4,1,,4,16,r,,,", "no price");
    refused("a,x,T4,1,,4,16,r,,nan,null", "no price");
    refused("a,x,T4,1,,4,16,r,,380,", "for one t4");
    repaired("a,x,T4,1,,4,16,r,,52.6,", "is unusual", 1); /* cents */
    refused("a,x,T4,1,,4,16,r,,0.0001,", "for one t4");
    refused("a,x,H100,8,,8,16,r,,9832,", "for one h100-sxm-80g");
    refused("a,x,H100,8,,8,16,r,,0.5,", "for one h100-sxm-80g");
    refused("gcp,,tpu-v6e-8,1,,,,us-central1,us-central1-b,0.0,", "price is 0");
}

static void spot_is_doubted(void)
{
    repaired("a,x,T4,1,,4,16,r,,0.5,0.5", "equals the on-demand price", 1);
    repaired("a,x,T4,1,,4,16,r,,20.02809,20.028100", "equals the on-demand price", 1);
    refused("a,x,T4,1,,4,16,r,,0.2,0.5", "above the on-demand price");
    repaired("a,x,T4,1,,4,16,r,,0.5,0", "spot price is 0", 1);
    EQ(repaired("a,x,T4,1,,4,16,r,,0,0.2", "only spot", 1).contract, FG_CONTRACT_SPOT);
    refused("a,x,T4,1,,4,16,r,,0.5,-0.1", "negative");
    refused("a,x,T4,1,,4,16,r,,0.5,cheap", "spot_price_usd_h: `cheap`");
}

static void machines_are_doubted(void)
{
    struct fg_offer offer = repaired(
        "azure,Standard_ND96isr_H100_v5,H100,12,,96,1900,eastus,,98.32,98.32", "it has 8", 1);
    EQ(offer.accelerators, 8);
    EQ(offer.contract, FG_CONTRACT_ON_DEMAND);
    OK(strcmp(offer.accelerator, "h100-sxm-80g") == 0);
    EQ(repaired("azure,standard_nd96ISRF_h100_V5,H100,12,,96,1900,eastus,,98.32,", "it has 8",
                1)
           .accelerators,
       8);
    offer = accepted("azure,Standard_NC40ads_H100_v5,H100,1,,40,320,eastus,,6.98,2.1", 2);
    OK(strcmp(offer.accelerator, "h100-nvl-94g") == 0);
    offer = accepted("aws,inf2.24xlarge,Inferentia,6,,96,384,r,,6.49,", 1);
    OK(strcmp(offer.accelerator, "inferentia2") == 0);
    refused("azure,Standard_NV8as_v4,Radeon MI25,1,,8,28,eastus,,0.466,0.1", "250 thousandths");
    refused("aws,p5.48xlarge,A10,8,,192,2048,r,,98.32,", "it has a h100-sxm-80g");
    refused("lambda,gpu_8x_h100_sxm5,H100,4,,208,1800,r,,23.92,", "says 8");
    refused("a,x,T4,0,,4,16,r,,0.5,", "expected 1 or more");
    refused("a,x,T4,-1,,4,16,r,,0.5,", "expected 1 or more");
    refused("a,x,T4,0.25,,4,16,r,,0.5,", "part of a device");
    refused("a,x,T4,96,,4,16,r,,0.5,", "no machine has more");
    refused("a,x,T4,,,4,16,r,,0.5,", "no accelerator_count");
    refused("a,m5.large,,,,4,16,r,,0.5,", "a machine alone");
    refused("a,x,T4,1,,-4,16,r,,0.5,", "vcpus");
    refused("a,x,T4,1,,4,1e9,r,,0.5,", "memory_gib");
    EQ(repaired("a,x,T4,1,,48,196608,r,,0.5,", "read as MiB", 1).mem_mib, 196608);
    EQ(repaired("a,x,T4,1,,4,16384,r,,0.5,", "read as MiB", 1).mem_mib, 16384);
    EQ(accepted("a,x,T4,1,,4,16 GiB,r,,0.5,", 1).mem_mib, 16384);
    EQ(repaired("a,x,H100,8,,2048,192,r,,20,", "other way round", 1).cpu_milli, 192000);
    refused("a,x,T4,4,,1,16,r,,0.5,", "columns swapped?");
}

static void memory_is_doubted(void)
{
    struct fg_offer offer =
        repaired("aws,g6.48xlarge,L4,8,183105,192,768,r,,13.35,", "that of all 8 devices", 1);
    EQ(offer.accelerator_mem_mib, 24576);
    EQ(accepted("aws,g6.xlarge,L4,1,22888,4,16,r,,0.8,", 1).accelerator_mem_mib, 24576);
    EQ(repaired("a,x,H100,1,80,4,16,r,,3,", "read as GiB", 1).accelerator_mem_mib, 81920);
    EQ(repaired("a,x,H100,1,85899345920,4,16,r,,3,", "read as bytes", 1).accelerator_mem_mib,
       81920);
    EQ(accepted("a,x,H100,1,80GB,4,16,r,,3,", 1).accelerator_mem_mib, 81920);
    EQ(accepted("a,x,H100,1,80000,4,16,r,,3,", 1).accelerator_mem_mib, 81920);
    refused("a,x,H100,1,24576,4,16,r,,3,", "memory of a device is 24576 MiB");
    refused("a,x,T4,1,lots,4,16,r,,3,", "accelerator_mem_mib");
    offer = repaired("a,x,V100,1,,4,16,r,,3,", "several sizes", 1);
    OK(strcmp(offer.accelerator, "v100-16g") == 0);
}

static void names_are_doubted(void)
{
    struct fg_offer offer =
        repaired("fluidstack,RTX_A6000_48GB::8,RTXA6000,8,,8,16,r,,4,", "is written", 1);
    OK(strcmp(offer.instance, "RTX_A6000_48GB-8") == 0);
    offer = repaired("p,GPU,A4000,1,,8,32,East Coast (NY2),,0.76,", "East-Coast-NY2", 1);
    OK(strcmp(offer.region, "East-Coast-NY2") == 0);
    offer = repaired("a,x,T4,1,,4,16,us-east-1a,us-east-1,0.5,", "other way round", 1);
    OK(strcmp(offer.region, "us-east-1") == 0 && strcmp(offer.zone, "us-east-1a") == 0);
    offer = repaired("a,x,T4,1,,4,16,us-central1-b,,0.5,", "is a zone of us-central1", 1);
    OK(strcmp(offer.region, "us-central1") == 0 && strcmp(offer.zone, "us-central1-b") == 0);
    offer = repaired("a,x,T4,1,,4,16,,us-central1-b,0.5,", "taken from zone", 1);
    OK(strcmp(offer.region, "us-central1") == 0);
    offer = repaired("a,x,Voodoo 2 SLI,1,,4,16,r,,0.5,", "in no catalogue", 1);
    OK(strcmp(offer.accelerator, "voodoo-2-sli") == 0);
    offer = repaired("a,x,T4,1,,4,16,use1-az2,us-east-1,0.5,", "other way round", 1);
    OK(strcmp(offer.region, "us-east-1") == 0 && strcmp(offer.zone, "use1-az2") == 0);
    offer = accepted("a,\" x \",\" H100 \",1,,4,16,r,,\" 2.5\",", 1);
    OK(strcmp(offer.instance, "x") == 0 && offer.price_uusd_per_hour == 2500000);
    offer = accepted("a, x ,  t4 ,1 ,, 4,16, r ,, 0.5 ,", 1);
    OK(strcmp(offer.instance, "x") == 0 && strcmp(offer.accelerator, "t4") == 0);
    refused(",x,T4,1,,4,16,r,,0.5,", "no supplier");
    refused("a,x,???,1,,4,16,r,,0.5,", "no name");
    refused("a,\xff\xfe\xfd,T4,1,,4,16,r,,0.5,", "expected letters and digits");
    refused("a,x,T4,1,,4,16,r,,0.5", "10 columns, expected 11");
    refused("a,x,T4,1,,4,16,r,,0.5,,", "12 columns, expected 11");
    char row[400];
    snprintf(row, sizeof(row), "a,%0200d,T4,1,,4,16,r,,0.5,", 7);
    refused(row, "200 bytes");
}

static void twins_are_refused_the_cheaper_stays(void)
{
    static const char text[] = HEADER
        "a,x,T4,1,,4,16,r,z,0.5,0.2\n"
        "a,x,T4,1,,4,16,r,z,0.5,0.2\n" /* line 3: the same */
        "a,x,T4,1,,4,16,r,z,0.4,0.2\n" /* line 4: cheaper, but its spot offer is there */
        "a,y,T4,1,,4,16,r,z,0.5,\n"
        "A,Y,Tesla T4,1,,4,16,R,z,0.6,\n"; /* line 6: dearer, and written in another way */
    FG_AUTO(fg_offer_sheet)
    struct fg_offer_sheet sheet = read_text(text, sizeof(text) - 1, NULL);
    EQ(sheet.rows, 5);
    EQ(sheet.accepted, 3);
    EQ(sheet.offers_len, 3);
    EQ(sheet.refused_len, 2);
    OK(sheet.refused_len == 2 && sheet.refused[0].line == 3 && sheet.refused[1].line == 6);
    OK(sheet.refused_len == 2 && strstr(sheet.refused[1].why, "line 5, which is cheaper"));
    EQ(sheet.repaired_len, 2); /* 2 lost its on-demand offer, 4 its spot offer */
    int64_t cheapest = INT64_MAX;
    for (size_t i = 0; i < sheet.offers_len; i++)
        if (sheet.offers[i].contract == FG_CONTRACT_ON_DEMAND
            && sheet.offers[i].price_uusd_per_hour < cheapest)
            cheapest = sheet.offers[i].price_uusd_per_hour;
    EQ(cheapest, 400000);
}

static void devices_find_their_machine(void)
{
    static const char text[] =
        HEADER "gcp,,A100,8,40960,,,us-central1,us-central1-a,23.47,9.36\n"
               "gcp,,A100,8,40960,,,us-west9,us-west9-a,23.47,9.36\n"
               "gcp,a2-highgpu-8g,,,,96,680,us-central1,us-central1-a,5.92,2.96\n"
               "gcp,,tpu-v4-8,1,,,,us-central2,us-central2-b,12.88,3.686\n"
               "gcp,,A100,3,40960,,,us-central1,us-central1-a,8.8,\n";
    FG_AUTO(fg_offer_sheet)
    struct fg_offer_sheet sheet = read_text(text, sizeof(text) - 1, NULL);
    EQ(sheet.accepted, 2);
    EQ(sheet.refused_len, 3);
    OK(sheet.refused_len == 3 && strstr(sheet.refused[0].why, "a2-highgpu-8g")
       && strstr(sheet.refused[1].why, "machine alone")
       && strstr(sheet.refused[2].why, "alone"));
    OK(sheet.repaired_len == 1 && strstr(sheet.repaired[0].why, "is added"));
    EQ(sheet.offers_len, 4);
    for (size_t i = 0; i < sheet.offers_len; i++) {
        const struct fg_offer *offer = &sheet.offers[i];
        bool is_spot = offer->contract == FG_CONTRACT_SPOT;
        if (strcmp(offer->accelerator, "a100-40g") == 0) {
            EQ(offer->price_uusd_per_hour, is_spot ? 12320000 : 29390000);
            EQ(offer->cpu_milli, 96000);
        } else {
            OK(strcmp(offer->accelerator, "tpu-v4") == 0);
            OK(strcmp(offer->instance, "tpu-v4-8") == 0);
            EQ(offer->accelerators, 4);
        }
    }
}

static void other_catalogues_are_read(void)
{
    static const char sky[] =
        "\xef\xbb\xbfInstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GpuInfo,"
        "Region,"
        "AvailabilityZone,Price,SpotPrice\r\n"
        "p4d.24xlarge,96.0,1152.0,A100,8.0,\"{'Gpus': [{'Name': 'A100', 'Manufacturer': "
        "'NVIDIA', "
        "'Count': 8, 'MemoryInfo': {'SizeInMiB': 40960}}], 'TotalGpuMemoryInMiB': 327680}\","
        "us-east-1,us-east-1a,32.7726,11.5\r\n"
        "\r\n"
        "1x_A100-80GB_SECURE,8,117,A100-80GB,1.0,\"{'Gpus': [{'MemoryInfo': {'SizeInMiB': "
        "80}}]}\","
        "US,,1.39,1.39\r\n";
    FG_AUTO(fg_offer_sheet)
    struct fg_offer_sheet sheet = read_text(sky, sizeof(sky) - 1, "aws");
    EQ(sheet.offers_len, 3);
    EQ(sheet.accepted, 2);
    OK(sheet.offers_len == 3 && strcmp(sheet.offers[0].accelerator, "a100-40g") == 0);
    OK(sheet.offers_len == 3 && strcmp(sheet.offers[2].accelerator, "a100-80g") == 0);
    OK(sheet.offers_len == 3 && sheet.lines[2] == 4);

    static const char native[] =
        "accelerator,accelerator_count,supplier,contract,price_usd_h,term_hours,upfront_usd,"
        "lead_time_hours,minimum_hours,minimum_count,capacity,away_percent,reclaims_per_khour,"
        "watts,carbon_g_per_kwh,currency\n"
        "H100,8,own,owned,1.5,26280,250000,1000,,1,4,,,10200,380,USD\n"
        "H100,8,b,reserved,60,8760,,48,,,,,,,,usd\n"
        "H100,8,c,spot,30,,,,,,,12.5,20,,,\n"
        "H100,8,d,reserved,60,,,,,,,,,,,\n"
        "H100,8,e,leased,60,,,,,,,,,,,\n"
        "H100,8,f,,60,,,,,,,,,,,EUR\n"
        "H100,8,g,,60,,,,,,,112,,,,\n";
    FG_AUTO(fg_offer_sheet)
    struct fg_offer_sheet own = read_text(native, sizeof(native) - 1, NULL);
    EQ(own.offers_len, 3);
    EQ(own.refused_len, 4);
    EQ(own.offers[0].upfront_uusd, 250000000000);
    EQ(own.offers[0].term_us, 26280 * 3600000000LL);
    EQ(own.offers[1].lead_time_us, 48 * 3600000000LL);
    EQ(own.offers[2].away_milli, 125);
    OK(own.refused_len == 4 && strstr(own.refused[0].why, "without a term")
       && strstr(own.refused[1].why, "contract `leased`") && strstr(own.refused[2].why, "EUR")
       && strstr(own.refused[3].why, "away_percent"));
}

static void json_is_read(void)
{
    static const char text[] =
        "{\"offers\":[{\"supplier\":\"a\",\"accelerator\":\"H100\",\"accelerator_count\":8,"
        "\"price_usd_h\":24.5,\"spot_price_usd_h\":null,\"region\":\"eu\"},"
        "{\"supplier\":\"a\",\"accelerator\":\"H100\",\"accelerator_count\":[8],\"price_usd_"
        "h\":1},"
        "{\"supplier\":\"a\",\"accelerator\":\"H100\",\"colour\":1},7]}";
    FG_AUTO(fg_offer_sheet)
    struct fg_offer_sheet sheet = read_text(text, sizeof(text) - 1, NULL);
    EQ(sheet.offers_len, 1);
    EQ(sheet.refused_len, 3);
    OK(sheet.offers_len == 1 && sheet.offers[0].price_uusd_per_hour == 24500000);
    OK(sheet.offers_len == 1 && strcmp(sheet.offers[0].instance, "8x-h100-sxm-80g") == 0);
    OK(sheet.refused_len == 3 && sheet.refused[0].line == 2);
}

/* What `fastgpu offer list --json` prints goes in again. */
static void our_own_form_is_read(void)
{
    static const char text[] =
        "[{\"id\":\"7\",\"listed\":true,\"supplier\":\"a\",\"instance\":\"x\",\"accelerator\":"
        "\"h100-sxm-80g\",\"accelerators\":8,\"region\":null,\"contract\":\"reserved\",\"term_"
        "us\":"
        "3600000000,\"price_uusd_per_hour\":20000000,\"first_seen\":\"2024-11-03T00:00:00Z\"},"
        "{\"supplier\":\"a\",\"instance\":\"x\",\"price_uusd_per_hour\":0}]";
    FG_AUTO(fg_offer_sheet)
    struct fg_offer_sheet sheet = read_text(text, sizeof(text) - 1, NULL);
    EQ(sheet.offers_len, 1);
    EQ(sheet.refused_len, 1);
    OK(sheet.offers_len == 1 && sheet.offers[0].contract == FG_CONTRACT_RESERVED
       && sheet.offers[0].term_us == 3600000000 && sheet.offers[0].region[0] == '\0');
}

static void what_is_no_catalogue_is_told(void)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "nothing in it"},
        {"\n\n", "nothing in it"},
        {"a,b,c\n1,2,3\n", "no column accelerator"},
        {"accelerator,price\n", "no column accelerator_count"},
        {"accelerator,accelerator_count,supplier\n", "no column price_usd_h"},
        {"accelerator,accelerator_count,price\n", "no column supplier"},
        {"supplier,accelerator,accelerator_count,price,Price\n", "two columns for price_usd_h"},
        {"date," HEADER, "prices over time"},
        {"supplier;accelerator;accelerator_count;price\na;T4;1;0.5\n", "parted by semicolons"},
        {"{\"a\":1}", "expected a list"},
        {"[1", "expected"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_offer_reading reading = {};
        struct fg_offer_sheet sheet;
        struct fg_err err = {};
        int rc = fg_offer_read(&reading, cases[i].text, strlen(cases[i].text), &sheet, &err);
        if (!OK(rc < 0 && (i == 10 || strstr(err.text, cases[i].why))))
            printf("#   %s: %s\n", cases[i].text, err.text);
    }
    static const char nul[] = HEADER "a,x,T4,1,\0,4,16,r,,0.5,\n";
    FG_AUTO(fg_offer_sheet) struct fg_offer_sheet sheet = read_text(nul, sizeof(nul) - 1, NULL);
    OK(sheet.refused_len == 1 && strstr(sheet.refused[0].why, "value 0"));
    struct fg_offer_reading column = {.supplier_column = "who"};
    static const char who[] = "who,accelerator,accelerator_count,price\nme,T4,1,0.5\n";
    struct fg_offer_sheet named;
    OK(fg_offer_read(&column, who, sizeof(who) - 1, &named, NULL) == 0
       && named.offers_len == 1);
    fg_offer_sheet_free(&named);
}

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *bytes = malloc(8 << 20);
    *len = bytes ? fread(bytes, 1, 8 << 20, file) : 0;
    fclose(file);
    return bytes;
}

static size_t notes_with(const struct fg_offer_note *notes, size_t len, const char *why)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += strstr(notes[i].why, why) != NULL;
    return count;
}

static void the_real_catalogue_is_read(void)
{
    size_t len;
    char *bytes = read_file(SOURCE_DIR "/../shared/data/offers/offers-2024-11.csv", &len);
    if (!bytes) {
        printf("# skipped: no shared data\n");
        return;
    }
    FG_AUTO(fg_offer_sheet) struct fg_offer_sheet sheet = read_text(bytes, len, NULL);
    EQ(sheet.rows, 5309);
    EQ(sheet.accepted + sheet.refused_len, 5309);
    EQ(notes_with(sheet.repaired, sheet.repaired_len, "it has 8"), 3);
    EQ(notes_with(sheet.refused, sheet.refused_len, "no price"), 2);
    EQ(notes_with(sheet.refused, sheet.refused_len, "the same")
           + notes_with(sheet.refused, sheet.refused_len, "price is 0"),
       177); /* 137 twins, 8 of them at a price of 0, and 40 others at that price */
    EQ(notes_with(sheet.refused, sheet.refused_len, "charges the machine apart"), 595);
    EQ(notes_with(sheet.repaired, sheet.repaired_len, "that of all"), 102);
    free(bytes);
}

int main(void)
{
    RUN(a_row_is_one_or_two_offers);
    RUN(prices_are_doubted);
    RUN(spot_is_doubted);
    RUN(machines_are_doubted);
    RUN(memory_is_doubted);
    RUN(names_are_doubted);
    RUN(twins_are_refused_the_cheaper_stays);
    RUN(devices_find_their_machine);
    RUN(other_catalogues_are_read);
    RUN(json_is_read);
    RUN(our_own_form_is_read);
    RUN(what_is_no_catalogue_is_told);
    RUN(the_real_catalogue_is_read);
    return tap_done();
}
