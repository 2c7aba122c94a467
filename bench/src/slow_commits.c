// Delays each flush of PostgreSQL's write-ahead log by COMMIT_MS milliseconds, where it is loaded before the C library.

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fdatasync(int file) {
    struct timespec left = {COMMIT_MS / 1000, COMMIT_MS % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0) {
        // A signal cut it short.
    }
    return syscall(SYS_fdatasync, file);
}
