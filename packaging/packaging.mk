# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed beside the program, and what packagers need.
#   make man            man pages from docs/man, in $(BUILD)/man (go-md2man)
#   make completions    packaging/completions from the tables of the program; kept in the repository
#   make install        PREFIX=/usr/local DESTDIR=

MANDIR   ?= $(PREFIX)/share/man
BASHDIR  ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR   ?= $(PREFIX)/share/zsh/site-functions
FISHDIR  ?= $(PREFIX)/share/fish/vendor_completions.d
MD2MAN   ?= go-md2man

MAN_SRC  := $(wildcard docs/man/*.8.md)
MAN      := $(MAN_SRC:docs/man/%.md=$(BUILD)/man/%)

$(BUILD)/man/%: docs/man/%.md packaging/md2man VERSION
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)MD2MAN="$(MD2MAN)" packaging/md2man "$*" "$(VERSION)" <$< >$@

man: $(MAN)

completions: $(BUILD)/berth
	@BERTH=$(BUILD)/berth packaging/completions/generate packaging/completions

# Without go-md2man the program is installed without its man pages.
install: berth $(if $(shell command -v $(MD2MAN)),man)
	install -D -m 0755 berth $(DESTDIR)$(SBINDIR)/berth
	install -D -m 0644 packaging/completions/berth.bash $(DESTDIR)$(BASHDIR)/berth
	install -D -m 0644 packaging/completions/_berth $(DESTDIR)$(ZSHDIR)/_berth
	install -D -m 0644 packaging/completions/berth.fish $(DESTDIR)$(FISHDIR)/berth.fish
	@if command -v $(MD2MAN) >/dev/null; then \
		install -d $(DESTDIR)$(MANDIR)/man8 && install -m 0644 $(MAN) $(DESTDIR)$(MANDIR)/man8; \
	else \
		echo "install: no man pages, as $(MD2MAN) is missing"; \
	fi

.PHONY: man completions install
