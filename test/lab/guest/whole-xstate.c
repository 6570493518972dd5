/*
 * Preloaded into the user-mode kernel. It sets the floating-point registers of its processes with a buffer of 2696 bytes,
 * enough for AVX-512; where the processor has more state (AMX), the machine's kernel takes the whole state or nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static long (*next)(int, ...);
/* Static: the stacks of the user-mode kernel are small. */
static char whole[65536] __attribute__((aligned(64)));
static size_t size;

__attribute__((constructor)) static void find_next(void)
{
	next = dlsym(RTLD_NEXT, "ptrace");
}

static long measure(long pid)
{
	struct iovec all = { whole, sizeof whole };
	if (next(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &all) < 0)
		return -1;
	size = all.iov_len;
	memset(whole, 0, sizeof whole);
	return 0;
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list list;
	va_start(list, request);
	long pid = va_arg(list, long);
	void *address = va_arg(list, void *);
	void *data = va_arg(list, void *);
	va_end(list);
	if (request != PTRACE_SETREGSET || (long)address != NT_X86_XSTATE)
		return next(request, pid, address, data);
	struct iovec *given = data;
	if (size == 0 && measure(pid) < 0)
		return -1;
	if (given->iov_len >= size)
		return next(request, pid, address, data);
	memcpy(whole, given->iov_base, given->iov_len);
	struct iovec all = { whole, size };
	return next(request, pid, address, &all);
}
