# One INTERFACE target carries the compile flags of every room; nothing else sets flags.
add_library(icae_options INTERFACE)
target_compile_options(icae_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wdouble-promotion -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms on std::string concatenation (GCC bugs 105329 and 105651).
    target_compile_options(icae_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread>)
endif()
target_include_directories(icae_options INTERFACE "${CMAKE_SOURCE_DIR}/core")
if(ICAE_WERROR)
    target_compile_options(icae_options INTERFACE -Werror)
endif()
if(ICAE_ASSERTIONS)
    target_compile_options(icae_options INTERFACE -UNDEBUG)
    target_compile_definitions(icae_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(ICAE_SANITIZE)
    target_compile_options(icae_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer
        -fno-sanitize-recover=undefined
        -Wno-maybe-uninitialized) # false alarms in LibTorch's headers, whose inlining the sanitizers change
    target_link_options(icae_options INTERFACE -fsanitize=address,undefined)
endif()

if(ICAE_SANITIZE_THREADS)
    target_compile_options(icae_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer
        -Wno-maybe-uninitialized)
    target_link_options(icae_options INTERFACE -fsanitize=thread)
endif()

# ccache needs to be told that a precompiled header does not make a file uncacheable.
find_program(ICAE_CCACHE ccache)
if(ICAE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ICAE_CCACHE})
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endif()

# icae_precompile(TARGET KIND HEADER...): what costs seconds in every file is read once a kind. The first target of a kind
# builds its precompiled header; the others, which have the same flags, reuse it.
function(icae_precompile target kind)
    get_property(owner GLOBAL PROPERTY ICAE_PCH_${kind})
    if(owner)
        target_precompile_headers(${target} REUSE_FROM ${owner})
    else()
        target_precompile_headers(${target} PRIVATE ${ARGN})
        set_property(GLOBAL PROPERTY ICAE_PCH_${kind} ${target})
    endif()
endfunction()

# icae_room(NAME SOURCES ... DEPENDS ... [TORCH]): one folder of core/ as a static library `icae_NAME`.
# TORCH: the room includes LibTorch's headers.
function(icae_room name)
    cmake_parse_arguments(ROOM "TORCH" "" "SOURCES;DEPENDS" ${ARGN})
    add_library(icae_${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(icae_${name} PUBLIC icae_options ${ROOM_DEPENDS})
    if(ROOM_TORCH)
        icae_use_torch(icae_${name})
    else()
        icae_precompile(icae_${name} core <filesystem> <functional> <nlohmann/json.hpp>)
    endif()
endfunction()

# icae_use_torch(TARGET [KIND HEADER...]): with headers of its own, the target is of a kind of its own.
function(icae_use_torch target)
    target_link_libraries(${target} PUBLIC ${TORCH_LIBRARIES})
    separate_arguments(flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
    target_compile_options(${target} PUBLIC ${flags})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE) # a precompiled header serves only one kind of position independence
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
        target_compile_options(${target} PRIVATE -fPIC)
    endif()
    set(kind torch)
    if(ARGN)
        list(POP_FRONT ARGN kind)
    endif()
    icae_precompile(${target} ${kind} "${CMAKE_SOURCE_DIR}/core/tensor/torch.h" <filesystem> <functional>
        <nlohmann/json.hpp> ${ARGN})
endfunction()
