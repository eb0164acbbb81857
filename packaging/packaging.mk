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

# --- for packagers --------------------------------------------------------------------------------------------------
#   make dist           $(BUILD)/berth-VERSION.tar.gz of the commit, the same bytes each time
#   make sbom           $(BUILD)/berth.spdx.json: what the program was built from and what it loads
#   make deb            Debian packages from `make dist` and packaging/debian, in $(BUILD)/deb; lintian looks at them
#   make rpm            rpmlint and a source package, in $(BUILD)/rpm
#   make check-dist     two tarballs and two builds in different folders are the same
#   make check-deb      the package is installed, upgraded and removed in a virtual machine

DIST     := berth-$(VERSION)
TARBALL  := $(BUILD)/$(DIST).tar.gz

dist:
	@[ -e .git ] || { echo "dist: a tarball is made from a clone" >&2; exit 1; }
	@git diff --quiet HEAD || echo "dist: changes that are not committed are left out" >&2
	@mkdir -p $(BUILD)
	@git archive --format=tar --prefix=$(DIST)/ HEAD | gzip -9n >$(TARBALL)
	@sha256sum $(TARBALL)

sbom: $(BUILD)/berth $(BUILD)/berth-init
	@packaging/sbom $(BUILD) "$(VERSION)" >$(BUILD)/berth.spdx.json
	@packaging/check-sbom $(BUILD)/berth.spdx.json

check-dist: deps-pack
	@packaging/check-reproducible

deb: deps-pack
	@$(MAKE) --no-print-directory dist
	@packaging/make-deb $(TARBALL) $(BUILD)/deb

rpm: deps-pack
	@$(MAKE) --no-print-directory dist
	@packaging/make-rpm $(TARBALL) $(BUILD)/rpm

check-deb: deb
	@$(MAKE) --no-print-directory check-vm VM=uml T=system-package

.PHONY: dist sbom check-dist deb rpm check-deb
