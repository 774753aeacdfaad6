# What `cmake --install` puts into a prefix: the headers, a package for find_package and two for
# pkg-config. All find their files from where they lie, so a prefix may be moved.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Nothing here depends on the architecture, so the packages lie in share/, not in lib/.
set(cutmix_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/cutmix)
set(cutmix_pkg_config_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/cutmix DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Two sets of targets: the package loads the second where there is Eigen.
install(TARGETS cutmix_core EXPORT cutmix-core INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS cutmix EXPORT cutmix)
foreach(set IN ITEMS cutmix-core cutmix)
  install(EXPORT ${set} FILE ${set}-targets.cmake NAMESPACE cutmix::
          DESTINATION ${cutmix_package_dir})
endforeach()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/cutmix-config.cmake.in cutmix-config.cmake
                              INSTALL_DESTINATION ${cutmix_package_dir}
                              NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(cutmix-config-version.cmake
                                 COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cutmix-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/cutmix-config-version.cmake
        DESTINATION ${cutmix_package_dir})

GNUInstallDirs_get_absolute_install_dir(cutmix_pkg_config_full_dir cutmix_pkg_config_dir DATADIR)
file(RELATIVE_PATH cutmix_include_from_pc
     ${cutmix_pkg_config_full_dir} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
foreach(name IN ITEMS cutmix-core cutmix)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${cutmix_pkg_config_dir})
endforeach()
