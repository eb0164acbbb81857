/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See clone.h. In assembly because the child returns from the system call on another stack, where no C
 * frame exists. fn and arg stay in registers that the kernel keeps (System V: rdx, r8; AAPCS64: x2, x3).
 */
#include "clone.h"

#if defined(__x86_64__)
__asm__(".text\n"
	".global clone3_call\n"
	".hidden clone3_call\n"
	".type clone3_call, @function\n"
	"clone3_call:\n"
	"	endbr64\n"
	"	mov %rcx, %r8\n"
	"	mov $435, %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jnz 1f\n"
	"	xor %ebp, %ebp\n"
	"	mov %r8, %rdi\n"
	"	call *%rdx\n"
	"	hlt\n"
	"1:	ret\n"
	".size clone3_call, . - clone3_call\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".global clone3_call\n"
	".hidden clone3_call\n"
	".type clone3_call, %function\n"
	"clone3_call:\n"
	"	mov x8, #435\n"
	"	svc #0\n"
	"	cbnz x0, 1f\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, x3\n"
	"	blr x2\n"
	"	brk #1\n"
	"1:	ret\n"
	".size clone3_call, . - clone3_call\n");
#else
#error "clone3_call() is not written for this architecture"
#endif
