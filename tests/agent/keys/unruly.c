/* A vendor's library that misbehaves on demand: the software SKF library of the tests with one device, whose calls
 * first look into FOLDER. A file `mode` says what goes wrong ("crash at sign", "hang at list", ...); `away` means
 * that the device is pulled out. Each look at a PIN adds a byte to `pin-checks`. A part of the tests, never shipped.
 */
#define SKF_EnumDev real_EnumDev
#define SKF_VerifyPIN real_VerifyPIN
#define SKF_ECCSignData real_ECCSignData
#define SKF_GetPINInfo real_GetPINInfo
#include "../skf/softskf.c"
#undef SKF_EnumDev
#undef SKF_VerifyPIN
#undef SKF_ECCSignData
#undef SKF_GetPINInfo
#include <signal.h>

static size_t contents(const char *path, char *out, size_t most)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t size = fread(out, 1, most, file);
    fclose(file);
    return size;
}

__attribute__((constructor)) static void plug_in(void)
{
    static char key[4096], certificate[CERTIFICATE];
    size_t key_size = contents(FOLDER "/key.der", key, sizeof key);
    size_t size = contents(FOLDER "/certificate.der", certificate, sizeof certificate);
    int device = TEST_add_device("device " SERIAL, SERIAL, LABEL, "135790", 6);
    int container = TEST_add_container(device, "signing", 2, (const BYTE *)key, (int)key_size);
    TEST_certify(device, container, 1, (const BYTE *)certificate, (unsigned)size);
}

static void flood(void)
{
    static char line[4096];
    memset(line, 'A', sizeof line);
    for (int round = 0; round < 4096; round++) /* endless for all it matters: 16 MB into every descriptor */
        for (int number = 0; number < 32; number++)
            if (write(number, line, sizeof line) < 0)
                continue;
}

static void misbehave(const char *where)
{
    char mode[64] = {0};
    contents(FOLDER "/mode", mode, sizeof mode - 1);
    char *at = strstr(mode, " at ");
    if (at == NULL || strcmp(at + 4, where) != 0)
        return;
    *at = 0;
    if (strcmp(mode, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(mode, "exit") == 0)
        _exit(0);
    if (strcmp(mode, "hang") == 0)
        for (;;)
            pause();
    if (strcmp(mode, "print") == 0)
        for (int line = 0; line < 20000; line++)
            fprintf(line % 2 ? stdout : stderr, "the library talks to whoever may listen\n");
    if (strcmp(mode, "read") == 0 && getchar() != EOF)
        _exit(9);
    if (strcmp(mode, "flood") == 0)
        flood();
    fflush(stdout);
}

ULONG SKF_EnumDev(int present_only, char *names, ULONG *length)
{
    TEST_plug(0, access(FOLDER "/away", F_OK) != 0);
    misbehave("list");
    return real_EnumDev(present_only, names, length);
}

ULONG SKF_VerifyPIN(HANDLE handle, ULONG type, const char *pin, ULONG *left)
{
    FILE *file = fopen(FOLDER "/pin-checks", "ab");
    if (file != NULL) {
        fputc('.', file);
        fclose(file);
    }
    return real_VerifyPIN(handle, type, pin, left);
}

ULONG SKF_ECCSignData(HANDLE handle, const BYTE *e, ULONG size, ECCSIGNATUREBLOB *out)
{
    misbehave("sign");
    return real_ECCSignData(handle, e, size, out);
}

ULONG SKF_GetPINInfo(HANDLE handle, ULONG type, ULONG *most, ULONG *left, int *is_default)
{
    misbehave("tries");
    return real_GetPINInfo(handle, type, most, left, is_default);
}
