# contextsync_component(<folder> [UNITY] DEPS <target>...)
#
# Every .cc of <folder> becomes the static library contextsync_<folder with _>, aliased
# contextsync::<folder with _>. A folder of headers alone becomes an interface library.
# UNITY lets presets with CONTEXTSYNC_UNITY compile a dozen of its files as one, in a third of the time: names in
# anonymous namespaces must then differ within the folder.
function(contextsync_component folder)
  cmake_parse_arguments(ARG "UNITY" "" "DEPS" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  if(sources)
    add_library(contextsync_${name} STATIC ${sources})
    target_include_directories(contextsync_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(contextsync_${name} PUBLIC ${ARG_DEPS} PRIVATE contextsync::warnings)
    target_compile_definitions(contextsync_${name} PRIVATE CONTEXTSYNC_VERSION="${PROJECT_VERSION}")
    contextsync_use_pch(contextsync_${name})
    if(ARG_UNITY AND CONTEXTSYNC_UNITY)
      set_target_properties(contextsync_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
    endif()
  else()
    add_library(contextsync_${name} INTERFACE)
    target_include_directories(contextsync_${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(contextsync_${name} INTERFACE ${ARG_DEPS})
  endif()
  add_library(contextsync::${name} ALIAS contextsync_${name})
endfunction()
