/* Records what a process does to the files beneath a folder, for tests/faults/power_loss.py.
 *
 * Loaded by LD_PRELOAD into the program under test. POWER_LOSS_FOLDER is the folder (its
 * canonical path), POWER_LOSS_JOURNAL the file, outside of it, that every change and every
 * sync is appended to, in the order in which they happened. The journal is written with
 * write(2), so a kill -9 takes nothing out of it.
 *
 * Calls that are not recorded (writev, fallocate, sendfile, ...) abort the program, so that no
 * change is missed; but what it does to memory that it maps is not seen.
 *
 * A change is made and recorded under one lock. A sync is two records, its beginning and its
 * end, and is waited for outside of the lock: what another thread writes in the meantime is
 * not covered by it. Times are CLOCK_MONOTONIC: a change carries the time before it, the end
 * of a sync the time after it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#if !defined(__linux__) || !defined(__LP64__)
#error "for 64-bit Linux"
#endif

enum { MOST_DESCRIPTORS = 65536, CREATED = 1, TRUNCATED = 2 };

struct head { /* "<qqqicxxx" for Python's struct */
    int64_t at, offset, size;
    int32_t descriptor;
    char kind, padding[3];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static int journal = -1;
static pid_t owner;
static int64_t syncs;
static char tracked[MOST_DESCRIPTORS];

__attribute__((constructor)) static void start(void) {
    folder = getenv("POWER_LOSS_FOLDER");
    folder_length = folder ? strlen(folder) : 0;
    owner = getpid();
}

static void give_up(const char *why) {
    dprintf(2, "power_loss: %s\n", why);
    abort();
}

/* A child between vfork and exec shares this memory and is not the process under test. */
static int is_on(void) { return folder != NULL && getpid() == owner; }

static int is_tracked(int descriptor) {
    return is_on() && descriptor >= 0 && descriptor < MOST_DESCRIPTORS && tracked[descriptor];
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void record(char kind, int64_t at, int descriptor, int64_t offset, const void *data,
                   size_t size) {
    struct head head = {at, offset, (int64_t)size, descriptor, kind, {0}};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, size}};
    if (journal < 0) {
        const char *path = getenv("POWER_LOSS_JOURNAL");
        int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;
        journal = path ? (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600) : -1;
        if (journal < 0) give_up("the journal cannot be made, or another process has made it");
    }
    if (syscall(SYS_writev, journal, parts, 2) != (long)(sizeof head + size))
        give_up("the journal cannot be written");
}

static int is_beneath(const char *path) {
    return strncmp(path, folder, folder_length) == 0 &&
           (path[folder_length] == '/' || path[folder_length] == 0);
}

/* The canonical path of what is open, or of the working directory; or an empty one. */
static void path_of(int descriptor, char *path) {
    char link[64] = "/proc/self/cwd";
    if (descriptor != AT_FDCWD) snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
}

/* Whether a name is beneath the folder; its path, with the folders before it canonical. */
static int resolve(int at, const char *name, char *path) {
    char whole[2 * PATH_MAX], base[PATH_MAX] = "", parent[PATH_MAX];
    if (!is_on()) return 0;
    if (name[0] != '/') path_of(at, base);
    if ((size_t)snprintf(whole, sizeof whole, "%s%s%s", base, *base ? "/" : "", name) >= PATH_MAX)
        return 0;
    char *last = strrchr(whole, '/');
    if (!last || last == whole || !last[1]) return 0;
    *last = 0;
    if (!realpath(whole, parent)) return 0;
    if ((size_t)snprintf(path, PATH_MAX, "%s/%s", parent, last + 1) >= PATH_MAX) return 0;
    return is_beneath(path);
}

static int open_at(int at, const char *name, int flags, mode_t mode) {
    int saved = errno;
    if (!is_on() || (name[0] == '/' && !is_beneath(name)))
        return (int)syscall(SYS_openat, at, name, flags, mode);
    pthread_mutex_lock(&lock);
    int64_t before = now();
    int is_new = (flags & O_CREAT) && syscall(SYS_faccessat, at, name, F_OK) != 0;
    errno = saved;
    int descriptor = (int)syscall(SYS_openat, at, name, flags, mode);
    saved = errno;
    if (descriptor >= 0 && descriptor < MOST_DESCRIPTORS) {
        char path[PATH_MAX];
        path_of(descriptor, path);
        tracked[descriptor] = (char)is_beneath(path);
        if (tracked[descriptor])
            record('O', before, descriptor,
                   (is_new ? CREATED : 0) | (flags & O_TRUNC ? TRUNCATED : 0), path, strlen(path));
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return descriptor;
}

/* off_t has 64 bits here: the names with a 64 are the same functions. */
#define ALIAS(type, name, of, ...) type name(__VA_ARGS__) __attribute__((alias(#of)));

/* The mode follows the flags that need one. */
#define OPEN(at)                                                              \
    va_list rest;                                                             \
    va_start(rest, flags);                                                    \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                             \
    return open_at(at, path, flags, mode);

int open(const char *path, int flags, ...) { OPEN(AT_FDCWD) }
int openat(int at, const char *path, int flags, ...) { OPEN(at) }
ALIAS(int, open64, open, const char *, int, ...)
ALIAS(int, openat64, openat, int, const char *, int, ...)
/* What the compiler makes of calls without a mode. */
int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char *path, int flags) { return open_at(at, path, flags, 0); }
ALIAS(int, __open64_2, __open_2, const char *, int)
ALIAS(int, __openat64_2, __openat_2, int, const char *, int)

int close(int descriptor) {
    if (!is_tracked(descriptor)) return (int)syscall(SYS_close, descriptor);
    pthread_mutex_lock(&lock);
    tracked[descriptor] = 0;
    record('C', now(), descriptor, 0, NULL, 0);
    int result = (int)syscall(SYS_close, descriptor);
    pthread_mutex_unlock(&lock);
    return result;
}

/* offset < 0: at the position of the descriptor, which for O_APPEND is the end. */
static ssize_t write_at(int descriptor, const void *data, size_t size, int64_t offset) {
    long number = offset < 0 ? SYS_write : SYS_pwrite64;
    if (!is_tracked(descriptor)) return syscall(number, descriptor, data, size, offset);
    pthread_mutex_lock(&lock);
    int64_t before = now();
    ssize_t written = syscall(number, descriptor, data, size, offset);
    int saved = errno;
    if (written > 0) {
        if (offset < 0) offset = syscall(SYS_lseek, descriptor, 0L, SEEK_CUR) - written;
        record('W', before, descriptor, offset, data, (size_t)written);
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return written;
}

ssize_t write(int descriptor, const void *data, size_t size) {
    return write_at(descriptor, data, size, -1);
}
ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
    return write_at(descriptor, data, size, offset);
}
ALIAS(ssize_t, pwrite64, pwrite, int, const void *, size_t, off64_t)

/* One call of the system that is recorded where it worked. */
static int change(char kind, int descriptor, int64_t offset, const char *path, size_t size,
                  long number, long a, long b, long c, long d, long e) {
    pthread_mutex_lock(&lock);
    int64_t before = now();
    int result = (int)syscall(number, a, b, c, d, e);
    int saved = errno;
    if (result == 0) record(kind, before, descriptor, offset, path, size);
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}

int ftruncate(int descriptor, off_t size) {
    if (!is_tracked(descriptor)) return (int)syscall(SYS_ftruncate, descriptor, size);
    return change('T', descriptor, size, NULL, 0, SYS_ftruncate, descriptor, size, 0, 0, 0);
}
ALIAS(int, ftruncate64, ftruncate, int, off64_t)

static int sync_file(int descriptor, long number) {
    if (!is_tracked(descriptor)) return (int)syscall(number, descriptor);
    pthread_mutex_lock(&lock);
    int64_t which = ++syncs;
    record('S', now(), descriptor, which, NULL, 0);
    pthread_mutex_unlock(&lock);
    int result = (int)syscall(number, descriptor);
    int saved = errno;
    if (result == 0) {
        pthread_mutex_lock(&lock);
        record('E', now(), descriptor, which, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    errno = saved;
    return result;
}
int fsync(int descriptor) { return sync_file(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_file(descriptor, SYS_fdatasync); }

/* One name, or two of which one at least is beneath the folder: then both must be. */
static int change_names(char kind, int at, const char *name, int at_2, const char *name_2,
                        int flags, long number, long a, long b, long c, long d, long e) {
    char paths[2 * PATH_MAX], second[PATH_MAX];
    int saved = errno;
    int is_first = resolve(at, name, paths);
    int is_second = name_2 ? resolve(at_2, name_2, second) : is_first;
    errno = saved;
    if (!is_first && !is_second) return (int)syscall(number, a, b, c, d, e);
    if (is_first != is_second || flags) give_up("names across the folder's edge, or flags");
    size_t length = strlen(paths);
    if (name_2) {
        strcpy(paths + length + 1, second);
        length += 1 + strlen(second);
    }
    return change(kind, -1, 0, paths, length, number, a, b, c, d, e);
}

#define P(pointer) ((long)(pointer))
int renameat2(int at, const char *from, int at_2, const char *to, unsigned flags) {
    return change_names('R', at, from, at_2, to, (int)(flags & ~1U), SYS_renameat2, at, P(from),
                        at_2, P(to), flags);
}
int renameat(int at, const char *from, int at_2, const char *to) {
    return renameat2(at, from, at_2, to, 0);
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }
int linkat(int at, const char *from, int at_2, const char *to, int flags) {
    return change_names('L', at, from, at_2, to, flags, SYS_linkat, at, P(from), at_2, P(to),
                        flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
int unlinkat(int at, const char *name, int flags) {
    return change_names('U', at, name, 0, NULL, 0, SYS_unlinkat, at, P(name), flags, 0, 0);
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
int mkdirat(int at, const char *name, mode_t mode) {
    return change_names('M', at, name, 0, NULL, 0, SYS_mkdirat, at, P(name), mode, 0, 0);
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

static const char not_simulated[] = "a call that is not simulated, such as writev or sendfile";

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (is_tracked(descriptor)) give_up(not_simulated);
    return syscall(SYS_writev, descriptor, parts, count);
}

static long refuse(int descriptor) {
    if (is_tracked(descriptor)) give_up(not_simulated);
    errno = ENOSYS; /* callers fall back to reading and writing */
    return -1;
}

/* By their symbols: the arguments behind the descriptor are of no use here. */
#define REFUSE(name) long refuse_##name(int) __asm__(#name) __attribute__((alias("refuse")));
REFUSE(fallocate) REFUSE(fallocate64) REFUSE(posix_fallocate) REFUSE(posix_fallocate64)
REFUSE(pwritev) REFUSE(pwritev64) REFUSE(pwritev2) REFUSE(pwritev64v2)
REFUSE(sendfile) REFUSE(sendfile64)
long copy_file_range_(int in, void *position, int out) __asm__("copy_file_range");
long copy_file_range_(int in, void *position, int out) {
    (void)in, (void)position;
    return refuse(out);
}
