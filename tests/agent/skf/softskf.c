/* A library of GM/T 0016 (SKF) in software, over libcrypto: a part of the tests, never shipped as a key.
 *
 * The calls of the standard keep to it: handles, names ended by two NULs, PIN counters that lock, lengths in and
 * out. The calls TEST_* plug keys in and out, put keys and certificates into them, and make calls go wrong.
 * ULONG_T is the width of ULONG, PACK the packing of structures: every layout that occurs can be built.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#ifndef ULONG_T
#define ULONG_T uint32_t
#endif
#ifndef PACK
#define PACK 1
#endif

typedef ULONG_T ULONG;
typedef unsigned char BYTE;
typedef void *HANDLE;

enum { OK = 0, NOTSUPPORTYET = 0x0A000003, INVALIDHANDLE = 0x0A000005, INVALIDPARAM = 0x0A000006,
       INDATALEN = 0x0A000010, INDATA = 0x0A000011, KEYNOTFOUND = 0x0A00001B, CERTNOTFOUND = 0x0A00001C,
       BUFFER_TOO_SMALL = 0x0A000020, DEVICE_REMOVED = 0x0A000023, PIN_INCORRECT = 0x0A000024,
       PIN_LOCKED = 0x0A000025, PIN_LEN_RANGE = 0x0A000027, NOT_LOGGED_IN = 0x0A00002D,
       APPLICATION_NOT_EXISTS = 0x0A00002E };

enum { MOST_DEVICES = 4, MOST_APPLICATIONS = 2, MOST_CONTAINERS = 4, MOST_HANDLES = 64, MOST_FAULTS = 8, NAME = 64, CERTIFICATE = 8192 };

#if PACK == 1 /* gcc reads no macro inside the pragma */
#pragma pack(push, 1)
#else
#pragma pack(push, 8)
#endif
typedef struct { BYTE major, minor; } VERSION;
typedef struct {
    VERSION version;
    char manufacturer[64], issuer[64], label[32], serial[32];
    VERSION hardware, firmware;
    ULONG symmetric, asymmetric, hashes, authentication, total, unused, most_ecc, most;
    BYTE reserved[64];
} DEVINFO;
typedef struct { BYTE r[64], s[64]; } ECCSIGNATUREBLOB;
#pragma pack(pop)

struct container {
    char name[NAME];
    int application, type;
    EVP_PKEY *key;
    BYTE certificate[2][CERTIFICATE]; /* encryption, signing */
    unsigned length[2];
};

struct application { /* PINs, their counters and logins belong to it */
    char name[NAME], pin[NAME];
    unsigned most, left;
    int is_logged_in;
};

struct device {
    int is_present, generation, is_lax;
    char name[NAME], serial[NAME], label[NAME];
    struct application applications[MOST_APPLICATIONS];
    int application_count;
    struct container containers[MOST_CONTAINERS];
    int container_count;
};

struct handle { int kind, device, application, container, generation; };
enum { FREE, DEVICE, APPLICATION, CONTAINER };

struct fault { char function[NAME]; int act; uint64_t number; };
enum { NONE, FAIL, UNPLUG, SIZE, CRAZY_TEXT };

static struct device devices[MOST_DEVICES];
static int device_count;
static struct handle handles[MOST_HANDLES];
static struct fault faults[MOST_FAULTS];
static unsigned pin_checks;

/* ---------------------------------------------------------------- what tests do */

int TEST_add_application(int device, const char *name, const char *pin, unsigned most)
{
    struct device *of = &devices[device];
    struct application *made = &of->applications[of->application_count];
    memset(made, 0, sizeof *made);
    strncpy(made->name, name, NAME - 1);
    strncpy(made->pin, pin, NAME - 1);
    made->most = made->left = most;
    return of->application_count++;
}

int TEST_add_device(const char *name, const char *serial, const char *label, const char *pin, unsigned most)
{
    struct device *made = &devices[device_count];
    memset(made, 0, sizeof *made);
    strncpy(made->name, name, NAME - 1);
    strncpy(made->serial, serial, NAME - 1);
    strncpy(made->label, label, NAME - 1);
    made->is_present = 1;
    TEST_add_application(device_count, "YQAPP", pin, most);
    return device_count++;
}

/* Into the application that was added last. */
int TEST_add_container(int device, const char *name, int type, const BYTE *pkcs8, int size)
{
    struct device *of = &devices[device];
    struct container *made = &of->containers[of->container_count];
    memset(made, 0, sizeof *made);
    strncpy(made->name, name, NAME - 1);
    made->application = of->application_count - 1;
    made->type = type;
    if (size > 0 && (made->key = d2i_AutoPrivateKey(NULL, &pkcs8, size)) == NULL)
        return -1;
    return of->container_count++;
}

void TEST_certify(int device, int container, int is_signing, const BYTE *der, unsigned size)
{
    struct container *of = &devices[device].containers[container];
    memcpy(of->certificate[is_signing], der, size);
    of->length[is_signing] = size;
}

void TEST_plug(int device, int is_present)
{
    devices[device].is_present = is_present;
    for (int place = 0; place < MOST_APPLICATIONS; place++)
        devices[device].applications[place].is_logged_in = 0;
    devices[device].generation++;
}

/* Change places in the list, as when keys are plugged in in another order. */
void TEST_swap_names(int one, int other)
{
    char name[NAME];
    memcpy(name, devices[one].name, NAME);
    memcpy(devices[one].name, devices[other].name, NAME);
    memcpy(devices[other].name, name, NAME);
}

void TEST_log_in(int device) { devices[device].applications[0].is_logged_in = 1; }
void TEST_be_lax(int device) { devices[device].is_lax = 1; }
unsigned TEST_tries_left(int device, int application) { return devices[device].applications[application].left; }

int TEST_is_logged_in(int device)
{
    return devices[device].applications[0].is_logged_in || devices[device].applications[1].is_logged_in;
}

unsigned TEST_pin_checks(void) { return pin_checks; }

int TEST_open_handles(void)
{
    int found = 0;
    for (int place = 0; place < MOST_HANDLES; place++)
        found += handles[place].kind != FREE;
    return found;
}

/* From now on `function` goes wrong: FAIL returns the number, UNPLUG pulls the device of that number out first,
 * SIZE does nothing but tell that number as its length, CRAZY_TEXT fills its room with 0xFF. */
void TEST_break(const char *function, int act, uint64_t number)
{
    for (int place = 0; place < MOST_FAULTS; place++)
        if (faults[place].act == NONE || strcmp(faults[place].function, function) == 0) {
            strncpy(faults[place].function, function, NAME - 1);
            faults[place].act = act;
            faults[place].number = number;
            return;
        }
}

/* ---------------------------------------------------------------- inside */

static struct fault *fault_of(const char *function)
{
    static struct fault none;
    for (int place = 0; place < MOST_FAULTS; place++)
        if (faults[place].act != NONE && strcmp(faults[place].function, function) == 0) {
            if (faults[place].act == UNPLUG && devices[faults[place].number].is_present)
                TEST_plug((int)faults[place].number, 0);
            return &faults[place];
        }
    return &none;
}

#define STUMBLE() \
    struct fault *fault = fault_of(__func__); \
    if (fault->act == FAIL) return (ULONG)fault->number

#define SIZED(length) \
    if (fault->act == SIZE) { *(length) = (ULONG)fault->number; return OK; }

static ULONG opened(int kind, int device, int application, int container, HANDLE *out)
{
    for (int place = 0; place < MOST_HANDLES; place++)
        if (handles[place].kind == FREE) {
            handles[place] = (struct handle){kind, device, application, container, devices[device].generation};
            *out = &handles[place];
            return OK;
        }
    return INVALIDHANDLE;
}

static ULONG checked(HANDLE given, int kind, struct device **device)
{
    struct handle *one = given;
    if (one < handles || one >= handles + MOST_HANDLES || one->kind != kind)
        return INVALIDHANDLE;
    *device = &devices[one->device];
    if (!(*device)->is_present)
        return DEVICE_REMOVED;
    return one->generation == (*device)->generation ? OK : INVALIDHANDLE;
}

static ULONG closed(HANDLE given, int kind)
{
    struct handle *one = given;
    if (one < handles || one >= handles + MOST_HANDLES || one->kind != kind)
        return INVALIDHANDLE;
    one->kind = FREE;
    return OK;
}

#define CHECK(handle, kind) \
    struct device *device; \
    ULONG state = checked(handle, kind, &device); \
    if (state != OK) return state

#define APPLICATION_OF(handle) (&device->applications[((struct handle *)(handle))->application])
#define CONTAINER_OF(handle) (&device->containers[((struct handle *)(handle))->container])

/* Bytes with their length in and out, as everywhere in the standard. */
static ULONG given(const void *value, unsigned size, void *room, ULONG *length)
{
    ULONG has = *length;
    *length = size;
    if (room == NULL)
        return OK;
    if (has < size)
        return BUFFER_TOO_SMALL;
    memcpy(room, value, size);
    return OK;
}

static unsigned append(char *list, unsigned at, const char *name)
{
    unsigned size = (unsigned)strlen(name) + 1;
    memcpy(list + at, name, size);
    return at + size;
}

/* ---------------------------------------------------------------- devices */

ULONG SKF_EnumDev(int present_only, char *names, ULONG *length)
{
    STUMBLE();
    SIZED(length);
    if (fault->act == CRAZY_TEXT) { memset(names, 0xFF, *length); return OK; }
    char list[MOST_DEVICES * NAME + 2];
    unsigned at = 0;
    for (int place = 0; place < device_count; place++)
        if (devices[place].is_present || !present_only)
            at = append(list, at, devices[place].name);
    list[at++] = 0;
    return given(list, at, names, length);
}

ULONG SKF_ConnectDev(const char *name, HANDLE *out)
{
    STUMBLE();
    for (int place = 0; place < device_count; place++)
        if (devices[place].is_present && strcmp(devices[place].name, name) == 0)
            return opened(DEVICE, place, 0, 0, out);
    return INVALIDPARAM;
}

ULONG SKF_DisConnectDev(HANDLE handle) { return closed(handle, DEVICE); }

ULONG SKF_GetDevInfo(HANDLE handle, DEVINFO *out)
{
    STUMBLE();
    CHECK(handle, DEVICE);
    if (fault->act == CRAZY_TEXT) { memset(out, 0xFF, sizeof *out); return OK; }
    memset(out, 0, sizeof *out);
    out->version = (VERSION){1, 0};
    memcpy(out->manufacturer, "YUNQIAN TEST", 12);
    memcpy(out->issuer, "YUNQIAN TEST", 12);
    memcpy(out->label, device->label, sizeof out->label); /* a full field has no NUL */
    memcpy(out->serial, device->serial, sizeof out->serial);
    out->asymmetric = 0x00030300;
    out->total = out->unused = (ULONG)-1;
    memset(out->reserved, 0xEE, sizeof out->reserved);
    return OK;
}

unsigned TEST_devinfo_size(void) { return sizeof(DEVINFO); }

/* ---------------------------------------------------------------- applications and PINs */

ULONG SKF_EnumApplication(HANDLE handle, char *names, ULONG *length)
{
    STUMBLE();
    CHECK(handle, DEVICE);
    SIZED(length);
    if (fault->act == CRAZY_TEXT) { memset(names, 0xFF, *length); return OK; }
    char list[MOST_APPLICATIONS * NAME + 2];
    unsigned at = 0;
    for (int place = 0; place < device->application_count; place++)
        at = append(list, at, device->applications[place].name);
    list[at++] = 0;
    return given(list, at, names, length);
}

ULONG SKF_OpenApplication(HANDLE handle, const char *name, HANDLE *out)
{
    STUMBLE();
    CHECK(handle, DEVICE);
    for (int place = 0; place < device->application_count; place++)
        if (strcmp(device->applications[place].name, name) == 0)
            return opened(APPLICATION, ((struct handle *)handle)->device, place, 0, out);
    return APPLICATION_NOT_EXISTS;
}

ULONG SKF_CloseApplication(HANDLE handle) { return closed(handle, APPLICATION); }

ULONG SKF_GetPINInfo(HANDLE handle, ULONG type, ULONG *most, ULONG *left, int *is_default)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    if (type != 1)
        return INVALIDPARAM;
    *most = APPLICATION_OF(handle)->most;
    *left = fault->act == SIZE ? (ULONG)fault->number : APPLICATION_OF(handle)->left;
    *is_default = 0;
    return OK;
}

ULONG SKF_VerifyPIN(HANDLE handle, ULONG type, const char *pin, ULONG *left)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    if (type != 1)
        return INVALIDPARAM;
    struct application *of = APPLICATION_OF(handle);
    if (device->is_lax && of->is_logged_in)
        return OK; /* as some libraries: who is logged in is not looked at again */
    pin_checks++;
    if (of->left == 0) {
        *left = 0;
        return PIN_LOCKED;
    }
    if (strlen(pin) < 4 || strlen(pin) > 16)
        return PIN_LEN_RANGE;
    if (strcmp(pin, of->pin) != 0) {
        *left = fault->act == SIZE ? (ULONG)fault->number : --of->left;
        return of->left == 0 ? PIN_LOCKED : PIN_INCORRECT;
    }
    of->left = of->most;
    of->is_logged_in = 1;
    return OK;
}

ULONG SKF_ClearSecureState(HANDLE handle)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    APPLICATION_OF(handle)->is_logged_in = 0;
    return OK;
}

/* ---------------------------------------------------------------- containers */

ULONG SKF_EnumContainer(HANDLE handle, char *names, ULONG *length)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    SIZED(length);
    if (fault->act == CRAZY_TEXT) { memset(names, 0xFF, *length); return OK; }
    char list[MOST_CONTAINERS * NAME + 2];
    unsigned at = 0;
    for (int place = 0; place < device->container_count; place++)
        if (device->containers[place].application == ((struct handle *)handle)->application)
            at = append(list, at, device->containers[place].name);
    list[at++] = 0;
    return given(list, at, names, length);
}

ULONG SKF_OpenContainer(HANDLE handle, const char *name, HANDLE *out)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    for (int place = 0; place < device->container_count; place++)
        if (device->containers[place].application == ((struct handle *)handle)->application
            && strcmp(device->containers[place].name, name) == 0)
            return opened(CONTAINER, ((struct handle *)handle)->device, device->containers[place].application,
                          place, out);
    return INVALIDPARAM;
}

ULONG SKF_CloseContainer(HANDLE handle) { return closed(handle, CONTAINER); }

ULONG SKF_GetContainerType(HANDLE handle, ULONG *type)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    *type = CONTAINER_OF(handle)->type;
    return OK;
}

ULONG SKF_ExportCertificate(HANDLE handle, int is_signing, BYTE *out, ULONG *length)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    SIZED(length);
    if (fault->act == CRAZY_TEXT) { memset(out, 0xFF, *length); return OK; }
    struct container *of = CONTAINER_OF(handle);
    if (of->length[!!is_signing] == 0)
        return CERTNOTFOUND;
    return given(of->certificate[!!is_signing], of->length[!!is_signing], out, length);
}

/* ---------------------------------------------------------------- signing */

static size_t signature(EVP_PKEY *key, int padding, const BYTE *input, size_t size, BYTE *out, size_t room)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t made = room;
    int is_done = context != NULL && EVP_PKEY_sign_init(context) > 0
        && (!padding || EVP_PKEY_CTX_set_rsa_padding(context, padding) > 0)
        && EVP_PKEY_sign(context, out, &made, input, size) > 0;
    EVP_PKEY_CTX_free(context);
    return is_done ? made : 0;
}

ULONG SKF_ECCSignData(HANDLE handle, const BYTE *e, ULONG size, ECCSIGNATUREBLOB *out)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    struct container *of = CONTAINER_OF(handle);
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    if (of->key == NULL || of->type != 2)
        return KEYNOTFOUND;
    if (size != 32)
        return INDATALEN;
    if (fault->act == CRAZY_TEXT) { memset(out, 0xFF, sizeof *out); return OK; }
    BYTE der[128];
    const BYTE *at = der;
    size_t made = signature(of->key, 0, e, size, der, sizeof der);
    ECDSA_SIG *pair = made ? d2i_ECDSA_SIG(NULL, &at, (long)made) : NULL;
    if (pair == NULL)
        return INDATA;
    memset(out, 0, sizeof *out);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out->r + 32, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out->s + 32, 32);
    ECDSA_SIG_free(pair);
    return OK;
}

ULONG SKF_RSASignData(HANDLE handle, const BYTE *input, ULONG size, BYTE *out, ULONG *length)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    SIZED(length);
    struct container *of = CONTAINER_OF(handle);
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    if (of->key == NULL || of->type != 1)
        return KEYNOTFOUND;
    BYTE value[1024];
    size_t made = signature(of->key, RSA_PKCS1_PADDING, input, size, value, sizeof value);
    return made ? given(value, (unsigned)made, out, length) : INDATA;
}
