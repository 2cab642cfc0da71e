# What `cmake --install` puts where, and the Debian package (CPack). Everything lies below the prefix; with the prefix /usr,
# configuration is in /etc, as distributions want it.
install(TARGETS vigia vigiatool RUNTIME DESTINATION bin)
install(FILES docker/grafana/dashboards/4-server.json DESTINATION share/vigia/grafana)
install(FILES README.md README.es.md DESTINATION share/doc/vigia)
install(FILES server/package/vigia.1 server/package/vigiatool.1 DESTINATION share/man/man1)
# Who builds the package answers for it: ./dev package takes DEBFULLNAME and DEBEMAIL, as Debian's tools do. A package for
# one machine needs nobody.
set(VIGIA_MAINTAINER "Local build <root@localhost>" CACHE STRING "Who answers for the package: name and address")
install(CODE "set(SOURCE_DIR \"${CMAKE_SOURCE_DIR}\")
set(WORK_DIR \"${CMAKE_BINARY_DIR}/package\")
set(VERSION \"${PROJECT_VERSION}\")
set(MAINTAINER \"${VIGIA_MAINTAINER}\")")
install(SCRIPT ${CMAKE_SOURCE_DIR}/server/package/install.cmake)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME vigia)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Prometheus-compatible time-series server")
set(CPACK_PACKAGE_DESCRIPTION "Scrapes targets, stores their samples durably, answers PromQL over the HTTP
API of Prometheus, evaluates rules and sends alerts to Alertmanager. It reads
the configuration, rule files and flags of Prometheus and takes its place
beside Grafana, exporters and Alertmanager.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${VIGIA_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus-node-exporter, prometheus-alertmanager")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA conffiles postinst prerm postrm)
list(TRANSFORM CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA PREPEND ${CMAKE_SOURCE_DIR}/server/package/debian/)
include(CPack)
