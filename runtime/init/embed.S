/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of berth-init inside berth: berth_init_image[], berth_init_image_end[]. */
	.section .rodata
	.balign 4096
	.global berth_init_image, berth_init_image_end
	.hidden berth_init_image, berth_init_image_end
berth_init_image:
	.incbin INIT_FILE
berth_init_image_end:
	.section .note.GNU-stack,"",%progbits
