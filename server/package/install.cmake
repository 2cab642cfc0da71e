# Runs at installation: the parts whose place or content depends on the prefix. SOURCE_DIR, WORK_DIR: set before.
set(BIN_DIR ${CMAKE_INSTALL_PREFIX}/bin)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(ETC_DIR /etc)
  set(UNIT_DIR /lib/systemd/system)
else()
  set(ETC_DIR ${CMAKE_INSTALL_PREFIX}/etc)
  set(UNIT_DIR ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
endif()

configure_file(${SOURCE_DIR}/server/package/vigia.service.in ${WORK_DIR}/vigia.service @ONLY)
file(INSTALL ${WORK_DIR}/vigia.service DESTINATION ${UNIT_DIR})
configure_file(${SOURCE_DIR}/server/package/vigia.sysusers ${WORK_DIR}/vigia.conf COPYONLY)
file(INSTALL ${WORK_DIR}/vigia.conf DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/sysusers.d)

# Configuration that is there stays: it may have been edited.
function(install_configuration FILE FOLDER NAME)
  if(EXISTS $ENV{DESTDIR}${FOLDER}/${NAME})
    message(STATUS "Kept: $ENV{DESTDIR}${FOLDER}/${NAME}")
    return()
  endif()
  configure_file(${SOURCE_DIR}/${FILE} ${WORK_DIR}/${NAME} COPYONLY)
  file(INSTALL ${WORK_DIR}/${NAME} DESTINATION ${FOLDER})
endfunction()
install_configuration(config/default/prometheus.yml ${ETC_DIR}/vigia prometheus.yml)
install_configuration(config/default/rules/server.yml ${ETC_DIR}/vigia/rules server.yml)
install_configuration(config/default/rules/targets.yml ${ETC_DIR}/vigia/rules targets.yml)
install_configuration(server/package/vigia.default ${ETC_DIR}/default vigia)

# What Debian wants in a package's folder of documents.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  file(INSTALL ${SOURCE_DIR}/server/package/debian/copyright DESTINATION /usr/share/doc/vigia)
endif()
