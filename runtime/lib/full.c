/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See full.h. */
#include "full.h"

#ifndef BERTH_CORE

void full_begin(int argc, char **argv)
{
	(void)argc;
	(void)argv;
}

int full_need(struct err *e)
{
	(void)e;
	return 0;
}

void full_too_late(void)
{
}

#else

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "fd.h"
#include "image.h"
#include "trace.h"

IMAGE_EMBEDDED(berth_full_image);

static char **arguments;
static bool late;

/* A dynamic loader does this; the start-up code of a static program does not. */
static int protect_relro(void)
{
	const ElfW(Phdr) *ph = (const void *)getauxval(AT_PHDR);
	uintptr_t base = 0, page = getauxval(AT_PAGESZ);
	extern const ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));
	size_t n = getauxval(AT_PHNUM);
	for (size_t i = 0; i < n; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			base = (uintptr_t)_DYNAMIC - ph[i].p_vaddr;
	for (size_t i = 0; i < n; i++) {
		if (ph[i].p_type != PT_GNU_RELRO)
			continue;
		uintptr_t from = (base + ph[i].p_vaddr) & ~(page - 1), to = (base + ph[i].p_vaddr + ph[i].p_memsz) & ~(page - 1);
		return from < to ? mprotect((void *)from, to - from, PROT_READ) : 0;
	}
	return 0;
}

void full_begin(int argc, char **argv)
{
	static struct arena a;
	/* a copy, as the parser of options sorts them */
	arguments = arena_array(&a, (size_t)argc + 1, sizeof(*arguments));
	if (protect_relro() < 0) {
		static const char text[] = "berth: out of memory before it began\n";
		(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
		_exit(1);
	}
	memcpy(arguments, argv, (size_t)argc * sizeof(*arguments));
}

void full_too_late(void)
{
	late = true;
}

int full_need(struct err *e)
{
	static const struct image image = { "berth", berth_full_image, berth_full_image_end };
	if (late)
		return err_set(e, 0, "internal error: a library is needed too late");
	CLEANUP_FD int fd = image_open(&image, e);
	if (fd < 0)
		return -1;
	trace_end();
	syscall(SYS_execveat, fd, "", arguments, environ, AT_EMPTY_PATH);
	return err_set(e, errno, "execute the part of berth that opens libraries");
}

#endif
