/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of a program inside berth, for IMAGE_EMBEDDED() of image.h. NAME and FILE come from the Makefile. */
#define PASTE(a, b) a##b
#define END(name) PASTE(name, _end)
#ifdef __CET__
#include <cet.h> /* says that this file is no obstacle */
#endif
	.section .rodata
	.balign 4096
	.global NAME, END(NAME)
	.hidden NAME, END(NAME)
NAME:
	.incbin FILE
END(NAME):
	.section .note.GNU-stack,"",%progbits
