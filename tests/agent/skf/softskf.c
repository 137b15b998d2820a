/* A library of GM/T 0016 (SKF) in software, over libcrypto: a part of the tests, never shipped as a key.
 *
 * The calls of the standard keep to it: handles, names ended by two NULs, PIN counters that lock, lengths in and
 * out. The calls TEST_* plug keys in and out, put keys and certificates into them, and make calls go wrong.
 * ULONG_T is the width of ULONG, PACK the packing of structures: every layout that occurs can be built.
 */
#define _GNU_SOURCE /* dladdr */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
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

enum { OK = 0, FAILED = 0x0A000001, NOTSUPPORTYET = 0x0A000003, INVALIDHANDLE = 0x0A000005, INVALIDPARAM = 0x0A000006,
       INDATALEN = 0x0A000010, INDATA = 0x0A000011, KEYNOTFOUND = 0x0A00001B, CERTNOTFOUND = 0x0A00001C,
       BUFFER_TOO_SMALL = 0x0A000020, DEVICE_REMOVED = 0x0A000023, PIN_INCORRECT = 0x0A000024,
       PIN_LOCKED = 0x0A000025, PIN_INVALID = 0x0A000026, PIN_LEN_RANGE = 0x0A000027, NOT_LOGGED_IN = 0x0A00002D,
       APPLICATION_NOT_EXISTS = 0x0A00002E, FILE_ALREADY_EXIST = 0x0A00002F, NO_ROOM = 0x0A000030,
       FILE_NOT_EXIST = 0x0A000031, REACH_MAX_CONTAINER_COUNT = 0x0A000032 };

enum { ADMIN = 0, PERSON = 1, EVERYONE = 0xFF };

enum { MOST_DEVICES = 4, MOST_APPLICATIONS = 2, MOST_CONTAINERS = 4, MOST_FILES = 24, MOST_HANDLES = 64, MOST_FAULTS = 8,
       NAME = 64, FILE_NAME = 32, CERTIFICATE = 8192, ROOM = 1 << 20 };

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
typedef struct { ULONG bits; BYTE x[64], y[64]; } ECCPUBLICKEYBLOB;
typedef struct { ULONG algorithm, bits; BYTE modulus[256], exponent[4]; } RSAPUBLICKEYBLOB;
typedef struct { char name[FILE_NAME]; ULONG size, may_read, may_write; } FILEATTRIBUTE;
#pragma pack(pop)

struct container { /* without a name: free */
    char name[NAME];
    int application, type;
    EVP_PKEY *key;
    BYTE certificate[2][CERTIFICATE]; /* encryption, signing */
    unsigned length[2];
};

struct application { /* PINs, their counters and logins belong to it */
    char name[NAME], pin[NAME], admin[NAME];
    unsigned most, left, admin_most, admin_left;
    int is_logged_in, is_default;
};

struct file { /* without a name: free */
    char name[FILE_NAME + 1];
    int application;
    unsigned size, may_read, may_write;
    BYTE *content;
};

struct device {
    int is_present, generation, is_lax;
    char name[NAME], serial[NAME], label[NAME];
    struct application applications[MOST_APPLICATIONS];
    int application_count;
    struct container containers[MOST_CONTAINERS];
    int container_count;
    struct file files[MOST_FILES];
    unsigned room;
    unsigned sm2_signing; /* how this library numbers SGD_SM2_1 */
};

struct handle { int kind, device, application, container, generation; };
enum { FREE, DEVICE, APPLICATION, CONTAINER };

struct fault { char function[NAME]; int act, spared; uint64_t number; };
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
    strncpy(made->admin, "admin-86420", NAME - 1);
    made->most = made->left = most;
    made->admin_most = made->admin_left = 3;
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
    made->room = ROOM;
    made->sm2_signing = 0x00020200;
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

/* A path beside the library, for processes share no memory. */
static void beside(const char *what, char *path, size_t room)
{
    Dl_info found;
    dladdr((void *)&devices, &found);
    snprintf(path, room, "%s.%s", found.dli_fname, what);
}

/* In a process where no test can call TEST_*: one empty device with the serial number in that file. */
__attribute__((constructor)) static void begin(void)
{
    char path[4096], serial[NAME] = "";
    beside("plugged", path, sizeof path);
    FILE *from = fopen(path, "r");
    if (from == NULL)
        return;
    if (fgets(serial, sizeof serial, from) != NULL)
        TEST_add_device("plugged at the beginning", serial, "new", "135790", 6);
    fclose(from);
}

static void tell(char what)
{
    char path[4096];
    beside("events", path, sizeof path);
    int to = open(path, O_WRONLY | O_NONBLOCK);
    if (to < 0)
        return; /* nobody waits */
    if (write(to, &what, 1) < 0)
        abort();
    close(to);
}

void TEST_plug(int device, int is_present)
{
    tell(is_present ? '+' : '-');
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

unsigned TEST_admin_tries_left(int device) { return devices[device].applications[0].admin_left; }
void TEST_be_default(int device) { devices[device].applications[0].is_default = 1; }
void TEST_number_sm2(int device, unsigned number) { devices[device].sm2_signing = number; }
void TEST_set_room(int device, unsigned bytes) { devices[device].room = bytes; }

int TEST_containers(int device)
{
    int found = 0;
    for (int place = 0; place < devices[device].container_count; place++)
        found += devices[device].containers[place].name[0] != 0;
    return found;
}

const char *TEST_container_name(int device, int container) { return devices[device].containers[container].name; }

static struct file *file_of(struct device *of, int application, const char *name)
{
    for (int place = 0; place < MOST_FILES; place++)
        if (of->files[place].name[0] && of->files[place].application == application
            && strncmp(of->files[place].name, name, FILE_NAME) == 0)
            return &of->files[place];
    return NULL;
}

static struct file *new_file(struct device *of, int application, const char *name, unsigned size)
{
    for (int place = 0; place < MOST_FILES; place++)
        if (of->files[place].name[0] == 0) {
            struct file *made = &of->files[place];
            memset(made, 0, sizeof *made);
            strncpy(made->name, name, FILE_NAME);
            made->application = application;
            made->size = size;
            made->content = calloc(size ? size : 1, 1);
            return made;
        }
    return NULL;
}

static void remove_file(struct file *gone)
{
    free(gone->content);
    memset(gone, 0, sizeof *gone);
}

int TEST_put_file(int device, const char *name, const BYTE *content, unsigned size, unsigned may_read)
{
    struct file *made = new_file(&devices[device], 0, name, size);
    if (made == NULL)
        return -1;
    memcpy(made->content, content, size);
    made->may_read = may_read;
    made->may_write = 0x10;
    return 0;
}

void TEST_clear_files(int device)
{
    for (int place = 0; place < MOST_FILES; place++)
        if (devices[device].files[place].name[0])
            remove_file(&devices[device].files[place]);
}

/* The file at a place: its size, or -1 where there is none. */
int TEST_file(int device, int place, char *name, BYTE *content)
{
    struct file *of = &devices[device].files[place];
    if (of->name[0] == 0)
        return -1;
    strcpy(name, of->name);
    memcpy(content, of->content, of->size);
    return (int)of->size;
}

unsigned TEST_calls;
unsigned TEST_calls_made(void) { return TEST_calls; }

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
            faults[place].spared = 0;
            return;
        }
}

/* The next so many calls of a function that goes wrong still go right. */
void TEST_spare(const char *function, int calls)
{
    for (int place = 0; place < MOST_FAULTS; place++)
        if (strcmp(faults[place].function, function) == 0)
            faults[place].spared = calls;
}

/* ---------------------------------------------------------------- inside */

static struct fault *fault_of(const char *function)
{
    static struct fault none;
    TEST_calls++;
    for (int place = 0; place < MOST_FAULTS; place++)
        if (faults[place].act != NONE && strcmp(faults[place].function, function) == 0) {
            if (faults[place].spared-- > 0)
                return &none;
            faults[place].spared = 0;
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
    struct application *of = APPLICATION_OF(handle);
    if (type != ADMIN && type != PERSON)
        return INVALIDPARAM;
    *most = type == ADMIN ? of->admin_most : of->most;
    *left = fault->act == SIZE ? (ULONG)fault->number : type == ADMIN ? of->admin_left : of->left;
    *is_default = type == PERSON && of->is_default;
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

static int is_unfit(const char *pin) { return strlen(pin) < 4 || strlen(pin) > 16 || strchr(pin, ' ') != NULL; }

ULONG SKF_ChangePIN(HANDLE handle, ULONG type, const char *old, const char *new, ULONG *left)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    struct application *of = APPLICATION_OF(handle);
    if (type != PERSON)
        return INVALIDPARAM;
    if (of->left == 0)
        return PIN_LOCKED;
    if (strcmp(old, of->pin) != 0) {
        *left = --of->left;
        return of->left == 0 ? PIN_LOCKED : PIN_INCORRECT;
    }
    if (is_unfit(new))
        return strchr(new, ' ') ? PIN_INVALID : PIN_LEN_RANGE;
    memset(of->pin, 0, NAME);
    strcpy(of->pin, new);
    of->left = of->most;
    of->is_default = 0;
    return OK;
}

ULONG SKF_UnblockPIN(HANDLE handle, const char *admin, const char *new, ULONG *left)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    struct application *of = APPLICATION_OF(handle);
    pin_checks++;
    if (of->admin_left == 0) {
        *left = 0;
        return PIN_LOCKED;
    }
    if (strcmp(admin, of->admin) != 0) {
        *left = --of->admin_left;
        return of->admin_left == 0 ? PIN_LOCKED : PIN_INCORRECT;
    }
    of->admin_left = of->admin_most;
    if (is_unfit(new))
        return strchr(new, ' ') ? PIN_INVALID : PIN_LEN_RANGE;
    memset(of->pin, 0, NAME);
    strcpy(of->pin, new);
    if (fault->act != SIZE) /* else as libraries that forget the counter */
        of->left = of->most;
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
        if (device->containers[place].name[0]
            && device->containers[place].application == ((struct handle *)handle)->application)
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

ULONG SKF_CreateContainer(HANDLE handle, const char *name, HANDLE *out)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    int place = 0;
    while (place < device->container_count && device->containers[place].name[0])
        place++;
    if (place == MOST_CONTAINERS)
        return REACH_MAX_CONTAINER_COUNT;
    if (place == device->container_count)
        device->container_count++;
    struct container *made = &device->containers[place];
    memset(made, 0, sizeof *made);
    strncpy(made->name, name, NAME - 1);
    made->application = ((struct handle *)handle)->application;
    return opened(CONTAINER, ((struct handle *)handle)->device, made->application, place, out);
}

ULONG SKF_DeleteContainer(HANDLE handle, const char *name)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    for (int place = 0; place < device->container_count; place++)
        if (strcmp(device->containers[place].name, name) == 0) {
            EVP_PKEY_free(device->containers[place].key);
            memset(&device->containers[place], 0, sizeof device->containers[place]);
            return OK;
        }
    return INVALIDPARAM;
}

ULONG SKF_CloseContainer(HANDLE handle) { return closed(handle, CONTAINER); }

ULONG SKF_GetContainerType(HANDLE handle, ULONG *type)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    *type = fault->act == SIZE ? (ULONG)fault->number : (ULONG)CONTAINER_OF(handle)->type;
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

ULONG SKF_ImportCertificate(HANDLE handle, int is_signing, const BYTE *der, ULONG size)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    struct container *of = CONTAINER_OF(handle);
    if (size > CERTIFICATE)
        return NO_ROOM;
    memcpy(of->certificate[!!is_signing], der, size);
    if (fault->act == CRAZY_TEXT)
        memset(of->certificate[!!is_signing], 0xFF, size);
    of->length[!!is_signing] = (unsigned)size;
    return OK;
}

/* ---------------------------------------------------------------- key pairs */

static void number_of(EVP_PKEY *key, const char *which, BYTE *out, int size)
{
    BIGNUM *number = NULL;
    EVP_PKEY_get_bn_param(key, which, &number);
    BN_bn2binpad(number, out, size);
    BN_free(number);
}

static ECCPUBLICKEYBLOB ecc_public(EVP_PKEY *key)
{
    ECCPUBLICKEYBLOB made = {.bits = 256};
    number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, made.x + 32, 32);
    number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, made.y + 32, 32);
    return made;
}

static RSAPUBLICKEYBLOB rsa_public(EVP_PKEY *key)
{
    RSAPUBLICKEYBLOB made = {.algorithm = 0x00010000, .bits = (ULONG)EVP_PKEY_get_bits(key)};
    number_of(key, OSSL_PKEY_PARAM_RSA_N, made.modulus, sizeof made.modulus);
    number_of(key, OSSL_PKEY_PARAM_RSA_E, made.exponent, sizeof made.exponent);
    return made;
}

ULONG SKF_GenECCKeyPair(HANDLE handle, ULONG algorithm, ECCPUBLICKEYBLOB *out)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    struct container *of = CONTAINER_OF(handle);
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    if (algorithm != device->sm2_signing)
        return INVALIDPARAM;
    of->key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    of->type = 2;
    *out = ecc_public(of->key);
    return OK;
}

ULONG SKF_GenRSAKeyPair(HANDLE handle, ULONG bits, RSAPUBLICKEYBLOB *out)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    struct container *of = CONTAINER_OF(handle);
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    of->key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    of->type = 1;
    *out = rsa_public(of->key);
    return OK;
}

ULONG SKF_ExportPublicKey(HANDLE handle, int is_signing, BYTE *out, ULONG *length)
{
    STUMBLE();
    CHECK(handle, CONTAINER);
    SIZED(length);
    if (fault->act == CRAZY_TEXT) { memset(out, 0xFF, *length); return OK; }
    struct container *of = CONTAINER_OF(handle);
    if (of->key == NULL || !is_signing)
        return KEYNOTFOUND;
    if (of->type == 2) {
        ECCPUBLICKEYBLOB point = ecc_public(of->key);
        return given(&point, sizeof point, out, length);
    }
    RSAPUBLICKEYBLOB numbers = rsa_public(of->key);
    return given(&numbers, sizeof numbers, out, length);
}

unsigned TEST_size(int which)
{
    return which == 0 ? sizeof(ECCPUBLICKEYBLOB) : which == 1 ? sizeof(RSAPUBLICKEYBLOB) : sizeof(FILEATTRIBUTE);
}

/* ---------------------------------------------------------------- files */

#define FILE_OF(handle, name) file_of(device, ((struct handle *)(handle))->application, name)
#define MAY(handle, right) ((right) == EVERYONE || ((right) == 0x10 && APPLICATION_OF(handle)->is_logged_in))

ULONG SKF_EnumFiles(HANDLE handle, char *names, ULONG *length)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    SIZED(length);
    if (fault->act == CRAZY_TEXT) { memset(names, 0xFF, *length); return OK; }
    char list[MOST_FILES * (FILE_NAME + 1) + 2];
    unsigned at = 0;
    for (int place = 0; place < MOST_FILES; place++)
        if (device->files[place].name[0]
            && device->files[place].application == ((struct handle *)handle)->application)
            at = append(list, at, device->files[place].name);
    list[at++] = 0;
    return given(list, at, names, length);
}

ULONG SKF_GetFileInfo(HANDLE handle, const char *name, FILEATTRIBUTE *out)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    struct file *of = FILE_OF(handle, name);
    if (fault->act == CRAZY_TEXT) { memset(out, 0xFF, sizeof *out); return OK; }
    if (of == NULL)
        return FILE_NOT_EXIST;
    memcpy(out->name, of->name, FILE_NAME);
    out->size = fault->act == SIZE ? (ULONG)fault->number : of->size;
    out->may_read = of->may_read;
    out->may_write = of->may_write;
    return OK;
}

ULONG SKF_ReadFile(HANDLE handle, const char *name, ULONG at, ULONG size, BYTE *out, ULONG *length)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    SIZED(length);
    struct file *of = FILE_OF(handle, name);
    if (of == NULL)
        return FILE_NOT_EXIST;
    if (!MAY(handle, of->may_read))
        return NOT_LOGGED_IN;
    if (at > of->size)
        return INVALIDPARAM;
    if (size > of->size - at)
        size = of->size - at;
    if (fault->act == CRAZY_TEXT) { memset(out, 0xFF, size); *length = size; return OK; }
    return given(of->content + at, (unsigned)size, out, length);
}

ULONG SKF_CreateFile(HANDLE handle, const char *name, ULONG size, ULONG may_read, ULONG may_write)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    if (strlen(name) >= FILE_NAME)
        return INVALIDPARAM;
    if (FILE_OF(handle, name) != NULL)
        return FILE_ALREADY_EXIST;
    unsigned taken = 0;
    for (int place = 0; place < MOST_FILES; place++)
        taken += device->files[place].size;
    if (size > device->room || taken > device->room - size)
        return NO_ROOM;
    struct file *made = new_file(device, ((struct handle *)handle)->application, name, (unsigned)size);
    if (made == NULL)
        return NO_ROOM;
    made->may_read = (unsigned)may_read;
    made->may_write = (unsigned)may_write;
    return OK;
}

ULONG SKF_WriteFile(HANDLE handle, const char *name, ULONG at, const BYTE *content, ULONG size)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    struct file *of = FILE_OF(handle, name);
    if (of == NULL)
        return FILE_NOT_EXIST;
    if (!MAY(handle, of->may_write))
        return NOT_LOGGED_IN;
    if (at > of->size || size > of->size - at)
        return INDATALEN;
    memcpy(of->content + at, content, size);
    if (fault->act == CRAZY_TEXT)
        memset(of->content + at, 0xFF, size);
    return OK;
}

ULONG SKF_DeleteFile(HANDLE handle, const char *name)
{
    STUMBLE();
    CHECK(handle, APPLICATION);
    struct file *of = FILE_OF(handle, name);
    if (of == NULL)
        return FILE_NOT_EXIST;
    if (!APPLICATION_OF(handle)->is_logged_in)
        return NOT_LOGGED_IN;
    remove_file(of);
    return OK;
}

/* ---------------------------------------------------------------- events */

/* Blocks as long as nothing happens. A library beside which no FIFO lies has no events. */
ULONG SKF_WaitForDevEvent(char *name, ULONG *length, ULONG *event)
{
    STUMBLE();
    SIZED(length);
    char path[4096], what = 0;
    beside("events", path, sizeof path);
    int from = open(path, O_RDWR); /* never at its end, whoever writes */
    if (from < 0)
        return NOTSUPPORTYET;
    ssize_t got = read(from, &what, 1);
    close(from);
    if (got != 1 || what == 'x')
        return FAILED;
    *event = what == '+' ? 1 : 2;
    return given("device", 7, name, length);
}

ULONG SKF_CancelWaitForDevEvent(void)
{
    STUMBLE();
    tell('x');
    return OK;
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
