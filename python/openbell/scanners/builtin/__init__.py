"""Scanners that come with openbell; `openbell.scanners.loading.BUILT_IN` names them."""
