# Fails where the target brings more than headers and the standard: no option or macro of ours may
# reach a user's own code.
foreach(property IN ITEMS COMPILE_OPTIONS COMPILE_DEFINITIONS LINK_OPTIONS LINK_DIRECTORIES SOURCES)
  get_target_property(value cutmix::cutmix INTERFACE_${property})
  if(value)
    message(FATAL_ERROR "cutmix::cutmix adds INTERFACE_${property} ${value}")
  endif()
endforeach()
foreach(property IN ITEMS COMPILE_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES LINK_OPTIONS)
  get_directory_property(value ${property})
  if(value)
    message(FATAL_ERROR "cutmix adds ${property} ${value} to the folder that uses it")
  endif()
endforeach()
